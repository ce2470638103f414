import { z } from 'zod';
import { serverForKey } from '../live/keyServer.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import type { CallObserver } from '../calls/callEvent.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import { openCall } from '../calls/openCall.ts';
import type { Via } from '../calls/via.ts';
import type { Clock } from '../clock.ts';
import { AppError, NotFound, Refused, Unavailable } from '../errors/appError.ts';
import type { Queryable } from '../postgres/database.ts';
import { APPROVAL_KEY, withheldText, type FindToolHold, type ToolHold } from '../catalogue/toolHolds.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import { callTool } from '../upstream/callTool.ts';
import { listTools } from '../upstream/catalogue.ts';
import type { Rejected } from '../upstream/rejections.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { validate, type Answer, type ApiRequest, type Route } from './route.ts';
import { find, serverNotFound } from './servers.ts';

export const toolListSchema = z
  .object({
    items: z
      .array(z.looseObject({ name: z.string() }))
      .meta({ description: 'As the server describes them: name, description, inputSchema, annotations, …' }),
    left_out: z
      .array(z.object({ name: z.string().optional(), reason: z.string() }))
      .optional()
      .meta({
        description: 'The first 20 that the server lists and that can’t be used, and why; absent when there are none.',
      }),
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

/** The member of a call that is the tool's. */
const FOREIGN = 'arguments';

export interface ServerToolRoutesOptions {
  readonly db: Queryable;
  readonly liveServers: Pick<LiveServers, 'find'>;
  readonly register: CallRegister;
  /** Opens a conversation with a server. @throws Unavailable; Refused */
  readonly open: (
    server: LiveServer,
    request: { principal: Principal; signal: AbortSignal; via: string; leaseRoom: ApiRequest['leaseRoom'] },
  ) => Promise<Upstream>;
  /** Finds what holds tools back that nobody has approved. */
  readonly findHold: FindToolHold;
  /** Gets what is left out of lists, the first ones of each, to be logged. */
  readonly onRejected: (server: LiveServer, rejected: Rejected) => void;
  readonly via: Via;
  readonly clock: Clock;
  /** Told of every exchange with a server when it has ended. */
  readonly onCall: CallObserver;
}

/** A request for a server's tools, or for one of them. */
interface ToolRequest {
  readonly server: string | undefined;
  /** Undefined: their list. */
  readonly tool: string | undefined;
  readonly request: ApiRequest;
  readonly principal: Principal;
}

/** What a request works with. */
interface ServerAccess {
  readonly upstream: Upstream;
  readonly server: LiveServer;
  readonly signal: AbortSignal;
}

/** What the server answers, and whether the tool reports a failure. */
interface ServerAnswer {
  readonly body: object;
  readonly isError: boolean;
}

/** Makes the routes that list and run a server's tools, for REST clients that do not speak MCP. */
export function serverToolRoutes(options: ServerToolRoutesOptions): Route[] {
  const { db, liveServers, register, open, findHold, onRejected, via, clock, onCall } = options;

  /** Finds the server, if the key may use it so. */
  async function admit({ server: idOrName, tool, principal }: ToolRequest): Promise<LiveServer> {
    const { name } = await find(db, idOrName, principal);
    const server = await liveServers.find(name);
    if (server === undefined) throw serverNotFound();
    if (!server.enabled) throw new Unavailable('server-disabled', `The server ${name} is disabled.`);
    if (tool !== undefined && !allows(principal, name, tool)) {
      throw new NotFound('tool-not-found', 'The server has no such tool.');
    }
    return serverForKey(principal.key?.credentials, server);
  }

  /** Runs a call at the server, and cuts it when the key, the server or the client goes away. */
  async function runCall(
    toolRequest: ToolRequest,
    work: (access: ServerAccess) => Promise<ServerAnswer>,
  ): Promise<Answer> {
    const { principal, tool, request } = toolRequest;
    via.check(request.headers.via);
    const server = await admit(toolRequest);
    const cut = new AbortController();
    const running = {
      principal,
      server,
      tools: tool === undefined ? [] : [tool],
      onlyTools: tool !== undefined,
      standing: false,
      cut: (reason: AppError) => cut.abort(reason),
    };
    const call = openCall({ register, clock, onCall }, running);
    const end = (outcome: string, status: number, bytesOut: number): void => {
      const bytesIn = Number(request.headers['content-length'] ?? 0);
      call.end({ method: tool === undefined ? 'tools/list' : 'tools/call', tool, outcome, status, bytesIn, bytesOut });
    };
    const run = async (): Promise<ServerAnswer> => {
      const signal = AbortSignal.any([request.signal, cut.signal]);
      const onward = via.onward(request.headers.via);
      await using upstream = await open(server, { principal, signal, via: onward, leaseRoom: request.leaseRoom });
      return await work({ upstream, server, signal });
    };
    try {
      const { body, isError } = await run();
      const content = JSON.stringify(body);
      end(isError ? 'tool-error' : 'ok', 200, Buffer.byteLength(content));
      return { text: { type: 'json', content } };
    } catch (error) {
      const reason: unknown = cut.signal.aborted ? cut.signal.reason : error;
      if (request.signal.aborted) end('client-closed', 0, 0);
      else end(reason instanceof AppError ? reason.code : 'internal-error', 0, 0);
      throw error;
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
      handle: (request, principal) =>
        runCall({ server: request.params['server'], tool: undefined, request, principal }, async (access) => {
          const { upstream, server, signal } = access;
          const { items, leftOut } = await listTools(upstream, {
            signal,
            onRejected: (rejected) => {
              onRejected(server, rejected);
            },
          });
          const hold = await findHold(server, upstream.facts.era, 'list');
          const granted = items
            .filter(({ name }) => allows(principal, server.name, name))
            .flatMap((tool) => heldTool(tool, hold));
          const unusable = (leftOut?.first ?? [])
            // A narrowed key is told of nothing that it may not use.
            .filter(({ name }) => name === undefined || allows(principal, server.name, name))
            .map(({ name, reason }) => ({ ...(name !== undefined && { name }), reason }));
          return {
            body: { items: granted, ...(unusable.length > 0 && { left_out: unusable }) },
            isError: false,
          };
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
      foreign: FOREIGN,
      handle: (request, principal) => {
        const call = validate(toolCallSchema, request.body ?? {}, FOREIGN);
        // As they came: zod leaves out a member called __proto__, which may be one of the tool's.
        const args = (request.body as Partial<typeof call> | undefined)?.arguments ?? call.arguments;
        const tool = request.params['tool'] ?? '';
        const toolRequest = { server: request.params['server'], tool, request, principal };
        return runCall(toolRequest, async ({ upstream, server, signal }) => {
          refuseHeld(server.name, tool, await findHold(server, upstream.facts.era, 'call'));
          const body = await callTool(upstream, { name: tool, args }, { signal });
          return { body, isError: body['isError'] === true };
        });
      },
    },
  ];
}

/** A tool as clients get it, if they do. */
function heldTool(tool: Tool, hold: ToolHold | undefined): Tool[] {
  const why = hold?.ofDefinition(tool);
  if (hold === undefined || why === undefined) return [tool];
  if (hold.effect === 'hold') return [];
  const { _meta: meta } = tool;
  return [{ ...tool, _meta: { ...(isJsonObject(meta) ? meta : {}), [APPROVAL_KEY]: why } }];
}

/** @throws Refused `tool-withheld` */
function refuseHeld(server: string, tool: string, hold: ToolHold | undefined): void {
  const why = hold?.effect === 'hold' ? hold.ofName(tool) : undefined;
  if (why !== undefined) throw new Refused('tool-withheld', withheldText(server, tool, why));
}

function allows(principal: Principal, server: string, tool: string): boolean {
  const grant = principal.grants.forServer(server);
  return grant === 'all' || grant?.(tool) === true;
}
