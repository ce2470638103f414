import type { McpServerAdministration } from '../administration/mcpServers.ts';
import { serverId } from '../administration/serverId.ts';
import { serverDocument } from '../administration/serverDocument.ts';
import type { CommandResult } from '../administration/enforcement.ts';
import type { Principal } from '../auth/principal.ts';
import { Forbidden, Invalid, NotFound } from '../errors/appError.ts';
import { serverNameSchema } from '../events/mcpServer.ts';
import type { Queryable } from '../postgres/database.ts';
import { findServer, findServerById, listServers, type McpServerRow } from '../projections/tables/mcpServers.ts';
import { page, PAGE_QUERY, pageOf, pageSchema } from './page.ts';
import { ifMatch, validate, type Answer, type Route } from './route.ts';
import { newServerSchema, secretsOf, serverSchema, serverUpdateSchema, settingsOf } from './serverRepresentation.ts';

export const serverPageSchema = pageSchema(serverSchema).meta({ id: 'ServerPage' });

/** Servers that one query reads, in search of those that a key may see. */
const SCAN = 200;

export interface ServerRoutesOptions {
  readonly db: Queryable;
  readonly servers: McpServerAdministration;
}

/** Makes the routes that list, show and change servers: those that the key's grants cover. */
export function serverRoutes({ db, servers }: ServerRoutesOptions): Route[] {
  async function shown(name: string, status: number, ...changes: CommandResult[]): Promise<Answer> {
    const row = await findServer(db, name);
    if (row === undefined) throw serverNotFound();
    const location = `/api/v1/mcp/servers/${name}`;
    return {
      status,
      body: serverDocument(row),
      revision: row.revision,
      headers: { location, ...enforcementHeaders(...changes) },
    };
  }

  return [
    /**
     * @openapi
     * /api/v1/mcp/servers:
     *   get:
     *     operationId: listServers
     *     tags: [servers]
     *     summary: Lists the servers that the key may use, by name
     *     description: Scope `servers:read`.
     *     parameters:
     *       - $ref: '#/components/parameters/limit'
     *       - $ref: '#/components/parameters/cursor'
     *     responses:
     *       200:
     *         description: A page of servers
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ServerPage' } } }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers',
      access: 'servers:read',
      query: PAGE_QUERY,
      async handle({ query }, principal) {
        const range = pageOf(query);
        if (range.after !== undefined && !serverNameSchema.safeParse(range.after).success) {
          throw new Invalid('page-invalid', 'cursor: not one of ours.');
        }
        const rows = await grantedServers(db, principal, range.after, range.limit + 1);
        return { body: page(rows, range, serverDocument, (row) => row.name) };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers:
     *   post:
     *     operationId: registerServer
     *     tags: [servers]
     *     summary: Registers a server
     *     description: Scope `servers:write`; stdio servers need `servers:exec` too. The answer comes when every replica knows it.
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/NewServer' } } }
     *     responses:
     *       201: { $ref: '#/components/responses/ChangedServer' }
     */
    {
      method: 'post',
      path: '/api/v1/mcp/servers',
      access: 'servers:write',
      fails: [409, 422],
      async handle({ body, context }, principal) {
        const { name, ...input } = validate(newServerSchema, body);
        mayChange(principal, name, input.transport);
        const secrets = secretsOf(input, { headers: {}, env: {} });
        return shown(name, 201, await servers.register(name, { settings: settingsOf(input), secrets }, context));
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}:
     *   get:
     *     operationId: getServer
     *     tags: [servers]
     *     summary: Shows a server
     *     description: Scope `servers:read`.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200: { $ref: '#/components/responses/Server' }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server',
      access: 'servers:read',
      async handle({ params }, principal) {
        const row = await find(db, params['server'], principal);
        return { body: serverDocument(row), revision: row.revision };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}:
     *   put:
     *     operationId: updateServer
     *     tags: [servers]
     *     summary: Replaces a server's settings
     *     description: Scope `servers:write`; stdio servers need `servers:exec` too.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/ifMatch'
     *     requestBody:
     *       required: true
     *       content: { application/json: { schema: { $ref: '#/components/schemas/ServerUpdate' } } }
     *     responses:
     *       200: { $ref: '#/components/responses/ChangedServer' }
     */
    {
      method: 'put',
      path: '/api/v1/mcp/servers/:server',
      access: 'servers:write',
      fails: [409, 412, 422],
      async handle(request, principal) {
        const input = validate(serverUpdateSchema, request.body);
        const { name } = await find(db, request.params['server'], principal);
        mayChange(principal, name, input.transport);
        const { context } = request;
        const updated = await servers.update(
          name,
          ({ secrets }) => ({
            settings: settingsOf(input),
            secrets: secretsOf(input, secrets),
            newValues: { headers: Object.keys(input.headers ?? {}), env: Object.keys(input.env ?? {}) },
          }),
          context,
          ifMatch(request),
        );
        if (input.enabled === undefined) return shown(name, 200, updated);
        const turn = input.enabled ? servers.enable : servers.disable;
        return shown(name, 200, updated, await turn(name, undefined, context, { ifMatch: updated.revision }));
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}:
     *   delete:
     *     operationId: removeServer
     *     tags: [servers]
     *     summary: Removes a server and destroys its secrets
     *     description: Scope `servers:write`. Calls and streams that use it are cut.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/ifMatch'
     *     responses:
     *       204: { $ref: '#/components/responses/Removed' }
     */
    {
      method: 'delete',
      path: '/api/v1/mcp/servers/:server',
      access: 'servers:write',
      fails: [409, 412, 422],
      async handle(request, principal) {
        const { name, transport } = await find(db, request.params['server'], principal);
        mayChange(principal, name, transport);
        const removed = await servers.remove(name, undefined, request.context, ifMatch(request));
        return { headers: enforcementHeaders(removed) };
      },
    },
  ];
}

/** Finds a server by name or id. One that is not granted is not found. @throws NotFound `server-not-found` */
export async function find(db: Queryable, server: string | undefined, principal: Principal): Promise<McpServerRow> {
  const text = server ?? '';
  const row = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
    ? await findServerById(db, text)
    : serverNameSchema.safeParse(text).success
      ? await findServer(db, text)
      : undefined;
  if (row === undefined || principal.grants.forServer(row.name) === undefined) throw serverNotFound();
  return row;
}

/** Reads pages of servers until enough granted ones are found. */
export async function grantedServers(
  db: Queryable,
  principal: Principal,
  after: string | undefined,
  limit: number,
): Promise<McpServerRow[]> {
  const found: McpServerRow[] = [];
  for (let last = after; ;) {
    const rows = await listServers(db, { after: last, limit: SCAN });
    found.push(...rows.filter((row) => principal.grants.forServer(row.name) !== undefined));
    last = rows.at(-1)?.name;
    if (found.length >= limit || rows.length < SCAN) return found.slice(0, limit);
  }
}

/** A key narrowed to other servers, or to some tools, can't change this one. @throws Forbidden */
export function checkGranted(principal: Principal, name: string): void {
  if (principal.grants.forServer(name) !== 'all') {
    throw new Forbidden('server-not-granted', `The key’s grants do not cover the server ${name}.`, {
      data: { name, id: serverId(name) },
    });
  }
}

/** As checkGranted; and a stdio server runs programs on the gateway's machine. @throws Forbidden */
export function mayChange(principal: Principal, name: string, transport: string): void {
  checkGranted(principal, name);
  if (transport !== 'stdio' || principal.scopes.has('servers:exec')) return;
  const message =
    'A stdio server is a program that the gateway runs, for which the key needs the scope servers:exec. ' +
    'An administrator adds it, or registers the server, with the CLI: keys access, or servers add.';
  throw new Forbidden('insufficient-scope', message, { data: { scope: 'servers:exec' } });
}

/**
 * Makes the headers of a change: `Metamcp-Unconfirmed` names the replicas that did not confirm it in time, `Metamcp-Pending` says
 * why lists do not show it yet.
 */
export function enforcementHeaders(...changes: readonly CommandResult[]): Record<string, string> {
  const replicas = new Set(changes.flatMap((change) => change.unconfirmed));
  const pending = changes.findLast((change) => change.pending !== undefined)?.pending;
  return {
    ...(replicas.size > 0 && { 'metamcp-unconfirmed': [...replicas].map(encodeURIComponent).join(', ') }),
    ...(pending !== undefined && { 'metamcp-pending': encodeURIComponent(pending) }),
  };
}

/** The answer for a server that does not exist as far as the key may know. */
export function serverNotFound(): NotFound {
  return new NotFound(
    'server-not-found',
    'There is no such server that this key may use. GET /api/v1/mcp/servers lists those that it may.',
  );
}
