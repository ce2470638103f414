import { AppError } from '../../../src/errors/appError.ts';
import { escape } from '../../../src/escape.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { startGateway } from '../../../src/gateway.ts';
import { callTool } from '../../../src/upstream/callTool.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import type { Tool } from '../../../src/mcp/catalogueItems.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { findGateway } from '../../gateway/liveGateway.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import { createCliLogger } from '../../output/log.ts';
import { truncate } from '../../output/width.ts';
import { answerText } from '../../tools/answerText.ts';
import { visitServer } from '../../upstream/serverVisit.ts';
import { statedArguments } from './statedArguments.ts';

/** A gateway that does not answer within this many milliseconds is taken for none. */
const LIVE_PATIENCE_MS = 2_000;
const CALL_PATIENCE_MS = 30_000;
/** So many columns of an answer show that it is one. */
const ANSWER_COLUMNS = 200;

/** What the check has found out. */
export interface Check {
  readonly ok: boolean;
  /** It ran already, or it ran for the check alone. */
  readonly gateway: 'running' | 'temporary';
  readonly url: string;
  readonly server: string;
  readonly tools?: number;
  /** The tool that was called; absent when no tool is harmless and none is named. */
  readonly tool?: string;
  /** What it was called with. */
  readonly arguments?: JsonObject;
  /** The beginning of its answer, of a text that is safe to print. */
  readonly answer?: string;
  /** Why it failed. */
  readonly failure?: string;
}

export interface CheckRequest {
  readonly stores: Stores;
  readonly settings: Settings;
  readonly apiKey: string;
  readonly server: string;
  readonly tool: string | undefined;
  readonly signal: AbortSignal;
}

/** Lists and calls a tool with a key, through the gateway that runs, or through one that is started for it. */
export async function checkCall(request: CheckRequest): Promise<Check> {
  const { stores, settings, signal } = request;
  // The names of its certificate lead to a gateway with TLS from outside, maybe, and not from here.
  if (settings.tls.certFile === undefined && (await gatewayRuns(settings, signal)))
    return call(request, 'running', gatewayUrl(settings));
  const logger = createCliLogger('error');
  await using gateway = await startGateway({ settings: { ...settings, host: '127.0.0.1', port: 0 }, stores, logger });
  return await call(request, 'temporary', gateway.url);
}

/** Finds out whether a gateway answers where the settings have one. */
export async function gatewayRuns(settings: Settings, signal: AbortSignal): Promise<boolean> {
  return (await findGateway(settings, { patienceMs: LIVE_PATIENCE_MS, signal })) !== undefined;
}

async function call(request: CheckRequest, gateway: Check['gateway'], url: string): Promise<Check> {
  const { server, apiKey, tool: toolName } = request;
  const about = { gateway, url, server };
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(CALL_PATIENCE_MS)]);
  const live = {
    name: server,
    id: server,
    enabled: true,
    transport: 'http' as const,
    url: new URL(`${url}/mcp/${server}`),
    headers: { authorization: `Bearer ${apiKey}` },
    timeouts: DEFAULT_TIMEOUTS,
    limits: DEFAULT_LIMITS,
    revision: 0,
  };
  try {
    return await visitServer(live, { signal, clientName: 'metamcp-cli' }, async ({ upstream }) => {
      const { items } = await listTools(upstream, { signal });
      const tool = toolName === undefined ? items.find(isHarmless) : items.find(({ name }) => name === toolName);
      if (tool === undefined) {
        return toolName === undefined
          ? { ...about, ok: true, tools: items.length }
          : { ...about, ok: false, tools: items.length, failure: `The server has no tool “${toolName}”.` };
      }
      const args = statedArguments(tool) ?? {};
      const result = await callTool(upstream, { name: tool.name, args }, { signal, tool });
      const { content, isError = false } = result;
      const answer = truncate(escape(answerText({ content })), ANSWER_COLUMNS);
      const called = { ...about, tools: items.length, tool: tool.name, arguments: args, answer };
      return isError ? { ...called, ok: false, failure: 'The tool answered with an error.' } : { ...called, ok: true };
    });
  } catch (error) {
    if (request.signal.aborted) return { ...about, ok: false, failure: 'It was interrupted.' };
    if (signal.aborted) return { ...about, ok: false, failure: 'It took too long.' };
    if (!(error instanceof AppError)) throw error;
    return { ...about, ok: false, failure: error.message };
  }
}

/** Tells whether a tool declares that it changes nothing, and what it requires can be taken from its schema. MCP 2025-11-25, server/tools, ToolAnnotations. */
export function isHarmless(tool: Tool): boolean {
  const { annotations } = tool as Tool & { annotations?: { readOnlyHint?: unknown } | null };
  return annotations?.readOnlyHint === true && statedArguments(tool) !== undefined;
}
