import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { LiveServer } from '../live/liveServer.ts';
import { Refused } from '../errors/appError.ts';
import { withheldText, type FindToolHold, type ToolHold } from '../catalogue/toolHolds.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';
import type { LogMessage } from '../upstream/logMessage.ts';
import type { Progress } from '../upstream/progress.ts';
import type { RequestOptions } from '../upstream/request.ts';
import { CallLines } from './callLines.ts';
import { negotiate } from '../front/negotiate.ts';
import {
  createToolCalls,
  type ServerAccess,
  type ServerAnswer,
  type ToolCallsOptions,
  type ToolRequest,
} from './toolCalls.ts';
import { callTool } from '../upstream/callTool.ts';
import { listTools } from '../upstream/catalogue.ts';
import type { Rejected } from '../upstream/rejections.ts';
import { shownTools } from './shownTools.ts';
import { validate, type Route } from './route.ts';

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

/** Intermediaries must neither store nor compress the lines, nor wait for more before they forward one. */
const LINES_HEADERS = {
  'content-type': 'application/x-ndjson',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/** The member of a call that is the tool's. */
const FOREIGN = 'arguments';

export interface ServerToolRoutesOptions extends ToolCallsOptions {
  /** Finds what holds tools back that nobody has approved. */
  readonly findHold: FindToolHold;
  /** Gets what is left out of lists, the first ones of each, to be logged. */
  readonly onRejected: (server: LiveServer, rejected: Rejected) => void;
}

/** Makes the routes that list and run a server's tools, for REST clients that do not speak MCP. */
export function serverToolRoutes(options: ServerToolRoutesOptions): Route[] {
  const { findHold, onRejected } = options;
  const runCall = createToolCalls(options);

  /** Runs a tool, and sends what comes for it line by line. */
  async function runByLines(toolRequest: ToolRequest, args: JsonObject, res: ServerResponse): Promise<void> {
    const lines = new CallLines(res);
    const options = {
      onProgress: (progress: Progress) => lines.send({ type: 'progress', ...progress }),
      onLog: (message: LogMessage) => lines.send({ type: 'log', ...message }),
    };
    try {
      const result = await runCall(toolRequest, runTool(toolRequest.tool ?? '', args, options), (now) =>
        lines.tick(now),
      );
      lines.end({ type: 'result', result: { ...result } });
    } catch (error) {
      if (!lines.hasBegun) throw error;
      lines.end({ type: 'problem', problem: toolRequest.request.problemOf(error) });
    }
  }

  function runTool(name: string, args: JsonObject, options: Pick<RequestOptions, 'onProgress' | 'onLog'> = {}) {
    return async ({ upstream, server, signal }: ServerAccess): Promise<ServerAnswer> => {
      refuseHeld(server.name, name, await findHold(server, upstream.facts.era, 'call'));
      const body = await callTool(upstream, { name, args }, { signal, ...options });
      return { body, isError: body['isError'] === true };
    };
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
     */
    {
      method: 'get',
      path: '/api/v1/mcp/servers/:server/tools',
      access: 'mcp',
      isCall: true,
      fails: [422, 502, 504, 508],
      handle: async (request, principal) => {
        const listing = { server: request.params['server'], tool: undefined, request, principal };
        const body = await runCall(listing, async (access) => {
          const { upstream, server, signal } = access;
          const { items, leftOut } = await listTools(upstream, {
            signal,
            onRejected: (rejected) => {
              onRejected(server, rejected);
            },
          });
          const hold = await findHold(server, upstream.facts.era, 'list');
          const shown = await shownTools(principal, server.name, { items, leftOut }, hold);
          return {
            body: { items: shown.items, ...(shown.leftOut.length > 0 && { left_out: shown.leftOut }) },
            isError: false,
          };
        });
        return { body };
      },
    },
    /**
     * @openapi
     * /api/v1/mcp/servers/{server}/tools/{tool}/execute:
     *   post:
     *     operationId: executeTool
     *     tags: [servers]
     *     summary: Runs a tool
     *     description: |-
     *       Scope `mcp`. A failure that the tool itself reports is a result with `isError`. A client that leaves cancels the call.
     *
     *       With `Accept: application/x-ndjson` the answer is one JSON object per line, each sent at once: the tool’s progress
     *       and the server’s log messages for the call as they come, a heartbeat after 15 seconds of silence, and last the result.
     *       What fails before the first line is answered with its status, as without lines; what fails later ends the lines with
     *       a `problem`. Lines that end without a `result` or `problem` were broken off. While a client does not read, nothing
     *       more is read from the server; one that is too slow for long is cut.
     *     parameters:
     *       - $ref: '#/components/parameters/server'
     *       - $ref: '#/components/parameters/tool'
     *     requestBody:
     *       content: { application/json: { schema: { $ref: '#/components/schemas/ToolCall' } } }
     *     responses:
     *       200:
     *         description: The result, or what comes on the way to it
     *         content:
     *           application/json: { schema: { $ref: '#/components/schemas/ToolResult' } }
     *           application/x-ndjson:
     *             schema: { $ref: '#/components/schemas/ToolCallLine' }
     *             example: { type: progress, progress: 1, total: 3, message: Reading }
     */
    {
      method: 'post',
      path: '/api/v1/mcp/servers/:server/tools/:tool/execute',
      access: 'mcp',
      isCall: true,
      fails: [406, 422, 502, 504, 508],
      maxBody: 'configured',
      foreign: FOREIGN,
      handle: async (request, principal) => {
        const type = negotiate(request.headers.accept, ['application/json', 'application/x-ndjson']);
        const call = validate(toolCallSchema, request.body ?? {}, { foreign: FOREIGN });
        // As they came: zod leaves out a member called __proto__, which may be one of the tool's.
        const args = (request.body as Partial<typeof call> | undefined)?.arguments ?? call.arguments;
        const tool = request.params['tool'] ?? '';
        const toolRequest = { server: request.params['server'], tool, request, principal };
        if (type === 'application/json') return { body: await runCall(toolRequest, runTool(tool, args)) };
        return { headers: LINES_HEADERS, open: (res) => runByLines(toolRequest, args, res) };
      },
    },
  ];
}

/** @throws Refused `tool-withheld` */
function refuseHeld(server: string, tool: string, hold: ToolHold | undefined): void {
  const why = hold?.effect === 'hold' ? hold.ofName(tool) : undefined;
  if (why !== undefined) throw new Refused('tool-withheld', withheldText(server, tool, why));
}
