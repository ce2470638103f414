import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../../errors/appError.ts';
import { chooseVersion, LEGACY_VERSIONS, MODERN_VERSIONS, type Era } from '../../mcp/eras.ts';
import { noCommonVersion, notMcp } from '../../mcp/failures.ts';
import type { JsonObject, JsonRpcResponse } from '../../mcp/jsonRpc.ts';
import { boundRequest } from '../requestBounds.ts';
import { modernMeta } from '../modernMeta.ts';
import { readDiscoverError, readDiscoverResult, readInitializeResult } from '../serverFacts.ts';
import type { ClientFacts, ServerFacts } from '../upstream.ts';
import { UpstreamError } from '../upstreamError.ts';
import type { Connection } from './connection.ts';

/** What asking in one era's way has shown. `otherEra` is to be thrown if the other era's way fails, too. */
type Finding = { readonly facts: ServerFacts } | { readonly otherEra: AppError };

export interface HandshakeOptions {
  readonly client: ClientFacts;
  /** Tried first. Unknown: the modern era is. */
  readonly remembered: Era | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the conversation with a program in its server's era (MCP 2026-07-28, basic/transports, stdio, Backward Compatibility).
 * A server that is silent may be one that still starts, so that the question that it answers first decides.
 * @throws UpstreamError, Unavailable, the reason of the signal
 */
export async function shakeHands(connection: Connection, options: HandshakeOptions): Promise<ServerFacts> {
  const { client, remembered, signal } = options;
  const { label, settings } = connection;
  const { probeMs, startMs } = settings;
  using bounds = boundRequest({
    server: label.server,
    signals: [signal],
    timeouts: { idleMs: startMs, totalMs: startMs },
  });
  const legacy = () => initialize(connection, client, bounds.signal);
  const modern = () => discover(connection, client, bounds.signal);
  const facts = await (remembered === 'legacy' ? inTurn(legacy, modern) : probe(modern, legacy, probeMs));
  if (facts.era === 'legacy') connection.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return facts;
}

/** @throws the legacy error when the server is of neither era */
async function inTurn(first: () => Promise<Finding>, second: () => Promise<Finding>): Promise<ServerFacts> {
  const found = await first();
  if ('facts' in found) return found.facts;
  const other = await second();
  if ('facts' in other) return other.facts;
  throw found.otherEra;
}

async function probe(
  modern: () => Promise<Finding>,
  legacy: () => Promise<Finding>,
  probeMs: number,
): Promise<ServerFacts> {
  const discovered = modern();
  const timer = new AbortController();
  const silence = delay(probeMs, undefined, { signal: timer.signal }).catch(() => undefined);
  const early = await Promise.race([discovered, silence]).finally(() => timer.abort());
  if (early !== undefined && 'facts' in early) return early.facts;
  const initialized = legacy();
  const findings = early === undefined ? [discovered, initialized] : [initialized];
  // The first that has facts. A rejection of one is one of all: the program has ended, or the time is over.
  const facts = await Promise.race([
    ...findings.map((finding) =>
      finding.then((found) => ('facts' in found ? found.facts : new Promise<never>(() => undefined))),
    ),
    Promise.all(findings).then((all) => all.find((found) => 'facts' in found)?.facts),
  ]);
  if (facts !== undefined) return facts;
  const refused = await initialized;
  throw 'otherEra' in refused ? refused.otherEra : new TypeError('a finding without facts has an error');
}

async function initialize(connection: Connection, client: ClientFacts, signal: AbortSignal): Promise<Finding> {
  const params = { protocolVersion: LEGACY_VERSIONS[0], ...client };
  const response = await exchange(connection, 'initialize', params, signal);
  if ('error' in response) return { otherEra: new UpstreamError(connection.label, response.error) };
  return { facts: readInitializeResult(connection.label, response.result) };
}

async function discover(
  connection: Connection,
  client: ClientFacts,
  signal: AbortSignal,
  version: string = MODERN_VERSIONS[0],
  isRetried = false,
): Promise<Finding> {
  const { label } = connection;
  const params = { _meta: modernMeta(client, version) };
  const response = await exchange(connection, 'server/discover', params, signal);
  const found = 'error' in response ? readDiscoverError(response.error) : readDiscoverResult(response.result);
  if ('facts' in found) return found;
  const error = 'error' in response ? new UpstreamError(label, response.error) : undefined;
  if ('isModernError' in found) throw error ?? new TypeError('an error was read');
  if ('supported' in found) {
    const other = chooseVersion(MODERN_VERSIONS, found.supported);
    if (other !== undefined && !isRetried) return await discover(connection, client, signal, other, true);
    const none = noCommonVersion(label, found.supported);
    if (chooseVersion(LEGACY_VERSIONS, found.supported) === undefined) throw none;
    return { otherEra: none };
  }
  return { otherEra: error ?? notMcp(label, 'answers server/discover in a way of its own') };
}

/** Sends a request of the handshake, which is never cancelled (MCP 2025-11-25, basic/utilities/cancellation). */
async function exchange(
  connection: Connection,
  method: string,
  params: JsonObject,
  signal: AbortSignal,
): Promise<JsonRpcResponse> {
  signal.throwIfAborted();
  const id = connection.nextId();
  const inbox = connection.open(id);
  const abort = () => inbox.abort(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    connection.send({ jsonrpc: '2.0', id, method, params });
    for (;;) {
      const { message } = await inbox.take();
      if (message.kind === 'response') return message.response;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    connection.close(id);
  }
}
