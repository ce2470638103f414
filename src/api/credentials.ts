import { z } from 'zod';
import type { CredentialAdministration } from '../administration/credentials.ts';
import { addressDigest } from '../events/serverAddress.ts';
import type { Principal } from '../auth/principal.ts';
import { Forbidden, NotFound } from '../errors/appError.ts';
import { serverNameSchema } from '../events/mcpServer.ts';
import { reasonSchema } from '../events/text.ts';
import type { Queryable } from '../postgres/database.ts';
import { listCredentialsOf } from '../projections/tables/apiKeys.ts';
import { findServer } from '../projections/tables/mcpServers.ts';
import { validate, type ApiRequest, type Route } from './route.ts';
import { checkGranted, enforcementHeaders, find, mayChange, serverNotFound } from './servers.ts';

const names = z.array(z.string());

export const credentialsSchema = z
  .object({
    items: z.array(
      z.object({
        key: z.object({ id: z.uuid(), name: z.string() }),
        header_names: names,
        env_names: names,
        outdated: z.boolean().meta({
          description: 'The server has moved since: the key can’t use it until the credential is given anew.',
        }),
      }),
    ),
  })
  .meta({
    id: 'Credentials',
    description: 'What a server gets for single keys, by name; the values are shown nowhere.',
  });

const values = z.record(z.string(), z.string());

export const newCredentialSchema = z
  .strictObject({
    headers: values.default({}).meta({ description: 'Sent with each request of the key, over those of the server.' }),
    env: values
      .default({})
      .meta({ description: 'For stdio: over the server’s variables, in processes of the key alone.' }),
    reason: reasonSchema.optional(),
  })
  .meta({
    id: 'NewCredential',
    description: 'All that the key is to have for the server. Stored encrypted and never shown.',
  });

export const credentialSchema = z
  .object({ header_names: names, env_names: names })
  .meta({ id: 'Credential', description: 'What the server gets for the key alone, by name.' });

const NOTHING = { headers: {}, env: {} };

/** Makes the routes that show and set what servers get for single keys. */
export function credentialRoutes({
  db,
  credentials,
}: {
  readonly db: Queryable;
  readonly credentials: CredentialAdministration;
}): Route[] {
  /** Finds the server, and the key whose credential is to be changed. */
  async function target(request: ApiRequest, principal: Principal): Promise<{ name: string; key: string }> {
    const { name, transport } = await find(db, request.params['server'], principal);
    mayChange(principal, name, transport);
    return { name, key: keyOf(request, principal) };
  }

  /** As `target`; of a server that is gone, its name. */
  async function targetOfRemoval(request: ApiRequest, principal: Principal): Promise<{ name: string; key: string }> {
    const { server = '' } = request.params;
    const isGone = serverNameSchema.safeParse(server).success && (await findServer(db, server)) === undefined;
    if (!isGone) return target(request, principal);
    if (principal.grants.forServer(server) === undefined) throw serverNotFound();
    checkGranted(principal, server);
    return { name: server, key: keyOf(request, principal) };
  }

  return [
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/credentials:
     *   get:
     *     operationId: listCredentials
     *     tags: [servers]
     *     summary: Lists the keys for which the server gets headers or variables of their own
     *     description: Scope `keys:read`. Names only.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The credentials, those of the oldest key first
     *         content: { application/json: { schema: { $ref: '#/components/schemas/Credentials' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/credentials',
      access: 'keys:read',
      async handle({ params }, principal) {
        const row = await find(db, params['server'], principal);
        const found = await listCredentialsOf(db, { ...row, address: addressDigest(row) });
        const items = found.map(({ keyId, keyName, headers, env, outdated }) => ({
          key: { id: keyId, name: keyName },
          header_names: headers,
          env_names: env,
          outdated,
        }));
        return { body: { items } };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/credentials/{id}:
     *   put:
     *     operationId: setCredential
     *     tags: [servers]
     *     summary: Sets the headers and variables that the server gets for one key alone
     *     description: >-
     *       Scope `servers:write`; stdio servers need `servers:exec` too, since variables can change what is run. Not for the key
     *       that asks. What the key has open with the server is cut.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/keyId'
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/NewCredential' } } }
     *     responses:
     *       200:
     *         description: What the key has now, by name
     *         content: { application/json: { schema: { $ref: '#/components/schemas/Credential' } } }
     */
    {
      method: 'put',
      path: '/api/v1/mcp/servers/:server/credentials/:id',
      access: 'servers:write',
      fails: [409, 422],
      async handle(request, principal) {
        const { headers, env, reason } = validate(newCredentialSchema, request.body);
        const { name, key } = await target(request, principal);
        const newValues = { headers: Object.keys(headers), env: Object.keys(env) };
        const revise = () => ({ secrets: { headers, env }, newValues });
        const result = await credentials.change(key, name, revise, request.context, { reason });
        return {
          body: { header_names: result.headers, env_names: result.env },
          headers: enforcementHeaders(result),
        };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/credentials/{id}:
     *   delete:
     *     operationId: removeCredential
     *     tags: [servers]
     *     summary: Takes from a key what the server gets for it alone
     *     description: >-
     *       As to set it. The key then reaches the server as keys without a credential of their own do. What is left of a server that is
     *       gone is taken out by its name.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/keyId'
     *     responses:
     *       204: { $ref: '#/components/responses/Removed' }
     */
    {
      method: 'delete',
      path: '/api/v1/mcp/servers/:server/credentials/:id',
      access: 'servers:write',
      fails: [409, 422],
      async handle(request, principal) {
        const { name, key } = await targetOfRemoval(request, principal);
        try {
          const result = await credentials.change(key, name, () => ({ secrets: NOTHING }), request.context);
          return { headers: enforcementHeaders(result) };
        } catch (error) {
          // It is gone and has left nothing; names that are like it are not for every key.
          if (error instanceof NotFound && error.code === 'server-not-found') throw serverNotFound();
          throw error;
        }
      },
    },
  ];
}

/** Reads whose credential is to be changed. @throws NotFound; Forbidden */
function keyOf({ params }: ApiRequest, { keyId }: Principal): string {
  const key = z.uuid().safeParse(params['id']?.toLowerCase()).data;
  if (key === undefined) throw new NotFound('key-not-found', 'There is no such key.');
  if (key !== keyId) return key;
  throw new Forbidden(
    'credential-own',
    'A key can’t change who it is at a server: ask an administrator (metamcp-cli servers credential).',
  );
}
