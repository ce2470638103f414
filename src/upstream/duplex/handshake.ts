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
import type { Channel } from './channel.ts';

/** What asking in one era's way has shown. `otherEra` is to be thrown if the other era's way fails, too. */
type Finding = { readonly facts: ServerFacts } | { readonly otherEra: AppError };

export interface HandshakeOptions {
  readonly client: ClientFacts;
  /** Tried first. Unknown: the modern era is. */
  readonly remembered?: Era | undefined;
  /** The transport has no other era. */
  readonly only?: Era | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the conversation over a channel in its server's era (MCP 2026-07-28, basic/transports, stdio, Backward Compatibility).
 * A server that is silent may be one that still starts, so that the question that it answers first decides.
 * @throws UpstreamError, Unavailable, the reason of the signal
 */
export async function shakeHands(channel: Channel, options: HandshakeOptions): Promise<ServerFacts> {
  const { client, remembered, only, signal } = options;
  const { label, settings } = channel;
  const { probeMs, startMs } = settings;
  using bounds = boundRequest({
    server: label.server,
    signals: [signal],
    timeouts: { idleMs: startMs, totalMs: startMs, own: ['idle', 'total'] },
  });
  const legacy = () => initialize(channel, client, bounds.signal);
  const modern = () => discover(channel, client, bounds.signal);
  const facts = await find();
  if (facts.era === 'legacy')
    await channel.send({ jsonrpc: '2.0', method: 'notifications/initialized' }, bounds.signal);
  return facts;

  async function find(): Promise<ServerFacts> {
    if (only !== undefined) return await inTurn(only === 'legacy' ? legacy : modern);
    return await (remembered === 'legacy' ? inTurn(legacy, modern) : probe(modern, legacy, probeMs));
  }
}

/** @throws the first one's error when the server is of neither era */
async function inTurn(first: () => Promise<Finding>, second?: () => Promise<Finding>): Promise<ServerFacts> {
  const found = await first();
  if ('facts' in found) return found.facts;
  const other = await second?.();
  if (other !== undefined && 'facts' in other) return other.facts;
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

async function initialize(channel: Channel, client: ClientFacts, signal: AbortSignal): Promise<Finding> {
  const params = { protocolVersion: LEGACY_VERSIONS[0], ...client };
  const response = await exchange(channel, 'initialize', params, signal);
  if ('error' in response) return { otherEra: new UpstreamError(channel.label, response.error) };
  return { facts: readInitializeResult(channel.label, response.result) };
}

async function discover(
  channel: Channel,
  client: ClientFacts,
  signal: AbortSignal,
  version: string = MODERN_VERSIONS[0],
  isRetried = false,
): Promise<Finding> {
  const { label } = channel;
  const params = { _meta: modernMeta(client, version) };
  const response = await exchange(channel, 'server/discover', params, signal);
  const found = 'error' in response ? readDiscoverError(response.error) : readDiscoverResult(label, response.result);
  if ('facts' in found) return found;
  const error = 'error' in response ? new UpstreamError(label, response.error) : undefined;
  if ('isModernError' in found) throw error ?? new TypeError('an error was read');
  if ('supported' in found) {
    const other = chooseVersion(MODERN_VERSIONS, found.supported);
    if (other !== undefined && !isRetried) return await discover(channel, client, signal, other, true);
    const none = noCommonVersion(label, found.supported);
    if (chooseVersion(LEGACY_VERSIONS, found.supported) === undefined) throw none;
    return { otherEra: none };
  }
  return { otherEra: error ?? notMcp(label, 'answers server/discover in a way of its own') };
}

/** Sends a request of the handshake, which is never cancelled (MCP 2025-11-25, basic/utilities/cancellation). */
async function exchange(
  channel: Channel,
  method: string,
  params: JsonObject,
  signal: AbortSignal,
): Promise<JsonRpcResponse> {
  signal.throwIfAborted();
  const id = channel.nextId();
  const inbox = channel.open(id);
  const abort = () => inbox.abort(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    channel.send({ jsonrpc: '2.0', id, method, params }, signal).catch((error: unknown) => inbox.fail(error));
    for (;;) {
      const { message } = await inbox.take();
      if (message.kind === 'response') return message.response;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    channel.close(id);
  }
}
