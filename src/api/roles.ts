import { z } from 'zod';
import { keyRoleDocument } from '../administration/keyRoleDocument.ts';
import { Invalid, NotFound } from '../errors/appError.ts';
import { scopeSchema } from '../events/apiKey.ts';
import { ROLE_NAME } from '../events/roleName.ts';
import type { Queryable } from '../postgres/database.ts';
import { findRole, listRoles } from '../projections/tables/keyRoles.ts';
import { STREAM_FAULTS } from '../projections/tables/streamFault.ts';
import { page, PAGE_QUERY, pageOf, pageSchema } from './page.ts';
import type { Route } from './route.ts';

export const roleSchema = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    fault: z.enum(STREAM_FAULTS).optional().meta({
      description: 'Why it gives nothing; see docs/eventstoredb.md. Absent: it gives what is shown.',
    }),
    scopes: z.array(scopeSchema),
    grants: z.array(z.string()),
    keys: z.int().meta({ description: 'How many keys have it that were not deleted.' }),
    created_at: z.iso.datetime(),
    created_by: z.string(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Role', description: 'A named set of scopes and grants, which keys have besides their own.' });

export const rolePageSchema = pageSchema(roleSchema).meta({ id: 'RolePage' });

/** Makes the routes that show roles. Only the CLI changes them: who changes a role changes keys. */
export function roleRoutes({ db }: { readonly db: Queryable }): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/roles:
     *   get:
     *     operationId: listRoles
     *     tags: [keys]
     *     summary: Lists roles by name
     *     description: Scope `keys:read`.
     *     parameters:
     *       - $ref: '#/components/parameters/limit'
     *       - $ref: '#/components/parameters/cursor'
     *     responses:
     *       200:
     *         description: A page of roles
     *         content: { application/json: { schema: { $ref: '#/components/schemas/RolePage' } } }
     */
    {
      method: 'get',
      path: '/api/v1/roles',
      access: 'keys:read',
      query: PAGE_QUERY,
      async handle({ query }) {
        const range = pageOf(query);
        const after = range.after === undefined ? undefined : nameOf(range.after);
        const rows = await listRoles(db, { after, limit: range.limit + 1 });
        return { body: page(rows, range, keyRoleDocument, ({ name }) => name) };
      },
    },
    /**
     * @openapi
     * /api/v1/roles/{name}:
     *   get:
     *     operationId: getRole
     *     tags: [keys]
     *     summary: Shows a role
     *     description: Scope `keys:read`. Who has it is listed by `GET /api/v1/keys?role=`.
     *     parameters:
     *       - $ref: '#/components/parameters/roleName'
     *     responses:
     *       200:
     *         description: The role
     *         headers: { ETag: { $ref: '#/components/headers/ETag' } }
     *         content: { application/json: { schema: { $ref: '#/components/schemas/Role' } } }
     */
    {
      method: 'get',
      path: '/api/v1/roles/:name',
      access: 'keys:read',
      async handle({ params: { name } }) {
        const row = name !== undefined && ROLE_NAME.test(name) ? await findRole(db, name) : undefined;
        if (row === undefined)
          throw new NotFound('role-not-found', 'There is no such role. GET /api/v1/roles lists them.');
        return { body: keyRoleDocument(row), revision: row.revision };
      },
    },
  ];
}

function nameOf(cursor: string): string {
  if (!ROLE_NAME.test(cursor)) throw new Invalid('page-invalid', 'cursor: not one of ours.');
  return cursor;
}
