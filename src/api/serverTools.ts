import { z } from 'zod';
import type { LiveServer, LiveServers } from '../auth/liveServer.ts';
import type { Exchange, Principal } from '../auth/principal.ts';
import { NotFound, Unavailable, type AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { validate, type Route } from './route.ts';
import { find } from './servers.ts';

export const toolListSchema = z
  .object({
    items: z
      .array(z.looseObject({ name: z.string() }))
      .meta({ description: 'As the server describes them: name, description, inputSchema, annotations, …' }),
  })
  .meta({ id: 'ToolList' });

export const toolCallSchema = z
  .strictObject({ arguments: z.record(z.string(), z.unknown()).default({}) })
  .meta({ id: 'ToolCall' });

export const toolResultSchema = z
  .looseObject({
    content: z.array(z.looseObject({ type: z.string() })).optional(),
    isError: z.boolean().optional().meta({ description: 'The tool itself reports a failure.' }),
  })
  .meta({ id: 'ToolResult', description: 'The result as the server gave it (MCP, CallToolResult).' });

export interface ServerToolRoutesOptions {
  readonly db: Queryable;
  readonly liveServers: LiveServers;
  /** Connects to a server. @throws Unavailable; Refused */
  readonly connect: (server: LiveServer, signal: AbortSignal) => Promise<UpstreamClient>;
}

/** Makes the routes that list and run a server's tools, for REST clients that do not speak MCP. */
export function serverToolRoutes({ db, liveServers, connect }: ServerToolRoutesOptions): Route[] {
  /** Connects, and cuts the work when the key or the client goes away. */
  async function using<T>(
    asked: { server: string | undefined; tool: string | undefined; signal: AbortSignal },
    principal: Principal,
    work: (client: UpstreamClient, signal: AbortSignal, name: string) => Promise<T>,
  ): Promise<T> {
    const { name } = await find(db, asked.server, principal);
    const server = await liveServers.find(name);
    if (server === undefined) throw new NotFound('server-not-found', 'There is no such server.');
    if (!server.enabled) throw new Unavailable('server-disabled', `The server ${name} is disabled.`);
    if (asked.tool !== undefined && !allows(principal, name, asked.tool)) {
      throw new NotFound('tool-not-found', 'The server has no such tool.');
    }
    const cut = new AbortController();
    const exchange: Exchange = { server: name, tool: asked.tool, cut: (reason: AppError) => cut.abort(reason) };
    principal.attach(exchange);
    try {
      const signal = AbortSignal.any([asked.signal, cut.signal]);
      await using client = await connect(server, signal);
      return await work(client, signal, name);
    } finally {
      principal.detach(exchange);
    }
  }

  return [
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/tools:
     *   get:
     *     operationId: listTools
     *     tags: [servers]
     *     summary: Lists the tools that the server offers and the key may use
     *     description: Scope `mcp`. Asks the server.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *     responses:
     *       200:
     *         description: The tools
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ToolList' } } }
     *       default: { $ref: '#/components/responses/Problem' }
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/tools',
      access: 'mcp',
      handle: ({ params, signal }, principal) =>
        using({ server: params['server'], tool: undefined, signal }, principal, async (client, _signal, name) => {
          const { items } = await client.listTools();
          return { body: { items: items.filter((tool) => allows(principal, name, tool.name)) } };
        }),
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/tools/{tool}/execute:
     *   post:
     *     operationId: executeTool
     *     tags: [servers]
     *     summary: Runs a tool
     *     description: Scope `mcp`. A failure that the tool itself reports is a result with `isError`.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/tool'
     *     requestBody:
     *       content: { application/json: { schema: { $ref: '#/components/schemas/ToolCall' } } }
     *     responses:
     *       200:
     *         description: The result
     *         content: { application/json: { schema: { $ref: '#/components/schemas/ToolResult' } } }
     *       default: { $ref: '#/components/responses/Problem' }
     */
    {
      method: 'post',
      path: '/api/v1/mcp/servers/:server/tools/:tool/execute',
      access: 'mcp',
      maxBody: 'configured',
      handle: ({ params, signal, body }, principal) => {
        const call = validate(toolCallSchema, body ?? {});
        const tool = params['tool'] ?? '';
        return using({ server: params['server'], tool, signal }, principal, async (client, cut) => {
          return { body: await client.callTool(tool, call.arguments, { signal: cut }) };
        });
      },
    },
  ];
}

function allows(principal: Principal, server: string, tool: string): boolean {
  const grant = principal.grants.forServer(server);
  return grant === 'all' || grant?.(tool) === true;
}
