import { setTimeout as delay } from 'node:timers/promises';
import { type JsonObject } from '../../mcp/jsonRpc.ts';
import { listFilterOf } from '../subscriptions.ts';
import type { SideMessage, SubscriptionFilter } from '../upstream.ts';
import type { LegacySession } from './legacySession.ts';
import { SideListener } from './sideListener.ts';

/**
 * How long a server may take to say that it has a stream, in milliseconds. Many send the head of one with its first event: one
 * that is silent is taken to have it.
 */
const OPENING_MS = 250;

/** Subscriptions that are asked for at once. */
const ASKING = 16;

/**
 * Listens in a session for one modern client (MCP 2026-07-28, basic/patterns/subscriptions): what is honoured first, and then
 * what the filter asks for. It ends at once where the server offers no stream.
 * @throws what the server's stream ends with
 */
export async function* listenAsModern(
  { side, watched, upstream }: LegacySession,
  signal: AbortSignal,
  filter: SubscriptionFilter = listFilterOf(upstream.facts.capabilities),
): AsyncGenerator<SideMessage, void, void> {
  const lists = honouredLists(filter, upstream.facts.capabilities);
  const listener = new SideListener(lists);
  const entered: string[] = [];
  const waiting = new AbortController();
  try {
    const quick = delay(OPENING_MS, true, { signal: AbortSignal.any([signal, waiting.signal]), ref: false });
    const isThere = await Promise.race([side.join(listener), quick.catch(() => false)]);
    if (!isThere || signal.aborted) return;
    const asked = urisOf(filter);
    const uris = asked?.values() ?? [].values();
    const work = async (): Promise<void> => {
      for (const uri of uris) {
        if (signal.aborted) return;
        // What comes from now on counts.
        listener.watched.add(uri);
        if (await watched.enter(uri)) entered.push(uri);
        else listener.watched.delete(uri);
      }
    };
    await Promise.all(Array.from({ length: Math.min(ASKING, asked?.size ?? 0) }, work));
    if (signal.aborted) return;
    const resources = asked && { resourceSubscriptions: [...asked].filter((uri) => listener.watched.has(uri)) };
    const params = { notifications: { ...lists, ...resources } };
    yield {
      kind: 'notification',
      notification: { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params },
    };
    yield* listener.read(signal);
  } finally {
    waiting.abort();
    side.leave(listener);
    for (const uri of entered) watched.leave(uri);
  }
}

function honouredLists(filter: SubscriptionFilter, capabilities: JsonObject): SubscriptionFilter {
  const declared = listFilterOf(capabilities);
  return Object.fromEntries(
    Object.entries(declared).filter(([name]) => filter[name as keyof typeof declared] === true),
  );
}

/** The filter is as its client has sent it. */
function urisOf({ resourceSubscriptions: uris }: SubscriptionFilter): ReadonlySet<string> | undefined {
  if (!Array.isArray(uris)) return undefined;
  return new Set((uris as readonly unknown[]).filter((uri) => typeof uri === 'string'));
}
