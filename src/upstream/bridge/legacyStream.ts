import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { Funnel } from '../funnel.ts';
import { listFilterOf } from '../subscriptions.ts';
import type { ListenOptions, SideMessage, SubscriptionFilter, Upstream } from '../upstream.ts';
import type { WatchList } from './watchList.ts';

/** How long a server may take to acknowledge a subscription before the one in whose place it is ends, in milliseconds. */
const ACKNOWLEDGED_MS = 3_000;

/** How long the old subscription stands beside the new one, in milliseconds: what the server sent before may still be on its way. */
const OVERLAP_MS = 1_000;

/** Old subscriptions that stand beside the newest one. A client that changes quickly what it watches waits for one of them to end. */
const MAX_OVERLAPS = 4;

/** What only modern clients know. */
const FOREIGN: ReadonlySet<string> = new Set(['notifications/subscriptions/acknowledged', 'notifications/tasks']);

/**
 * Gives what a legacy client gets on its GET stream, by subscriptions at a modern server: one for the lists, which stands, and one
 * for the resources that the client watches, in whose place another one comes when they change. So no change is lost, and one of
 * a resource may come twice.
 * @throws what Upstream.listen throws
 */
export async function* listenAsLegacy(
  upstream: Upstream,
  watched: WatchList,
  closed: AbortSignal,
  { signal, onOpen }: Pick<ListenOptions, 'signal' | 'onOpen'>,
): AsyncGenerator<SideMessage, void, void> {
  const { capabilities } = upstream.facts;
  const lists = listFilterOf(capabilities);
  const hasLists = Object.keys(lists).length > 0;
  const hasResources = canWatch(capabilities);
  if (signal.aborted || (!hasLists && !hasResources)) return;
  closed.throwIfAborted();
  const funnel = new Funnel<SideMessage>();
  const ending = new AbortController();
  const onSignal = (): void => funnel.close();
  const onClosed = (): void => funnel.close(closed.reason as Error);
  signal.addEventListener('abort', onSignal, { once: true });
  closed.addEventListener('abort', onClosed, { once: true });
  let awaited = Number(hasLists) + Number(hasResources);
  const onStanding = (isStanding: boolean): void => {
    if (isStanding) awaited -= 1;
    if (isStanding && awaited === 0) onOpen?.();
  };
  const sink = { upstream, funnel, ending: ending.signal };
  if (hasLists) void begin(sink, lists).acknowledged.then(onStanding);
  const following = hasResources ? follow(sink, watched, onStanding) : undefined;
  try {
    yield* funnel.read();
  } finally {
    signal.removeEventListener('abort', onSignal);
    closed.removeEventListener('abort', onClosed);
    ending.abort();
    await following;
  }
}

/** Tells whether a server tells of changes of single resources. */
export function canWatch(capabilities: JsonObject): boolean {
  const { resources } = capabilities;
  return isJsonObject(resources) && resources['subscribe'] === true;
}

interface Subscription {
  /** Whether the server has acknowledged it; false when it has ended. */
  readonly acknowledged: Promise<boolean>;
  end(): void;
}

interface Sink {
  readonly upstream: Upstream;
  readonly funnel: Funnel<SideMessage>;
  readonly ending: AbortSignal;
}

/** Subscribes, and sends what comes. That the server ends it ends everything: the client listens anew. */
function begin(
  { upstream, funnel, ending }: Sink,
  filter: SubscriptionFilter,
  isWanted: (message: SideMessage) => boolean = () => true,
): Subscription {
  const stop = new AbortController();
  const stopped = AbortSignal.any([ending, stop.signal]);
  const { promise: acknowledged, resolve } = Promise.withResolvers<boolean>();
  const pump = async (): Promise<void> => {
    for await (const message of upstream.listen({ signal: stopped, filter })) {
      const method = message.kind === 'notification' ? message.notification.method : undefined;
      if (method === 'notifications/subscriptions/acknowledged') resolve(true);
      if (method !== undefined && !FOREIGN.has(method) && isWanted(message)) await funnel.send(message);
    }
  };
  void pump()
    .then(
      () => {
        if (!stopped.aborted) funnel.close();
      },
      (error: unknown) => {
        if (!stopped.aborted) funnel.close(error as Error);
      },
    )
    .finally(() => resolve(false));
  return { acknowledged, end: () => stop.abort() };
}

/** Keeps a subscription for the resources that are watched, whichever they are. @param onStanding called when the first one stands */
async function follow(sink: Sink, watched: WatchList, onStanding: (isStanding: boolean) => void): Promise<void> {
  const { ending } = sink;
  const overlaps = new Set<Promise<void>>();
  let current: Subscription | undefined;
  let isFirst = true;
  let isChanged = true;
  let wake: (() => void) | undefined;
  const onChange = (): void => {
    isChanged = true;
    wake?.();
  };
  const stopFollowing = watched.onChange(onChange);
  ending.addEventListener('abort', onChange);
  while (!ending.aborted) {
    if (!isChanged) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      wake = () => resolve(undefined);
      await promise;
      continue;
    }
    if (overlaps.size >= MAX_OVERLAPS) {
      await Promise.race(overlaps);
      continue;
    }
    isChanged = false;
    const { uris } = watched;
    const next =
      uris.length === 0 ? undefined : begin(sink, { resourceSubscriptions: uris }, stillWatched(uris, watched));
    const isThere = next === undefined || (await Promise.race([next.acknowledged, settle(ACKNOWLEDGED_MS, ending)]));
    if (current !== undefined) {
      const overlap = settle(OVERLAP_MS, ending).then(current.end);
      overlaps.add(overlap);
      void overlap.then(() => overlaps.delete(overlap));
    }
    current = next;
    if (isFirst) onStanding(isThere);
    isFirst = false;
  }
  stopFollowing();
  ending.removeEventListener('abort', onChange);
}

/** Leaves out what a client has unsubscribed from while the subscription for it still stands. What lies under a resource has other URIs. */
function stillWatched(subscribed: readonly string[], watched: WatchList): (message: SideMessage) => boolean {
  const left = new Set(subscribed);
  return (message) => {
    const uri = message.kind === 'notification' ? message.notification.params?.['uri'] : undefined;
    return typeof uri !== 'string' || !left.has(uri) || watched.has(uri);
  };
}

/** Waits for a time, or for the end. */
async function settle(ms: number, ending: AbortSignal): Promise<false> {
  return await delay(ms, false as const, { signal: ending, ref: false }).catch(() => false as const);
}
