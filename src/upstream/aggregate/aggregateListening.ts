import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import { extensionOf } from '../../mcp/extensions.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { TASKS_EXTENSION } from '../../mcp/taskNames.ts';
import type { ListenOptions, SideMessage, SubscriptionFilter } from '../upstream.ts';
import { Funnel } from '../funnel.ts';
import { ListDifferences } from './listDifferences.ts';
import type { Watched } from './clientState.ts';
import type { MemberConnection } from './memberConnection.ts';
import { memberFilter } from './memberFilter.ts';
import { watchedTasks } from './memberTaskIds.ts';
import type { MemberConnections } from './memberConnections.ts';
import type { MemberLists } from './memberLists.ts';
import type { Offering } from './offering.ts';

export interface ListeningContext {
  readonly connections: MemberConnections;
  readonly lists: MemberLists;
  readonly offering: Offering;
  /** Makes of what a member sends what clients get; undefined: nothing. */
  readonly pass: (connection: MemberConnection, message: SideMessage) => SideMessage | undefined;
  /** See AggregateOptions. */
  readonly isLate: boolean;
  /** Aborted when the aggregate is disposed of. */
  readonly closed: AbortSignal;
}

/** Members that end their stream within this offer none, in milliseconds. */
const OFFERED_MS = 1_000;

/** How long the stream waits for members that do not say that theirs stands, in milliseconds. */
const STANDING_MS = 3_000;

/**
 * Gives what all members send outside of requests, and what the aggregate has to say of itself: that its lists have changed.
 * It stands until its signal, whatever becomes of the members.
 */
export async function* listenToMembers(
  context: ListeningContext,
  era: 'modern' | 'legacy',
  { signal, filter, capabilities, onOpen }: ListenOptions,
): AsyncGenerator<SideMessage, void, void> {
  const ending = new AbortController();
  const funnel = new Funnel<SideMessage>();
  const listening = new Map<MemberConnection, AbortController>();
  const onClosed = (): void => funnel.close(upstreamClosed({ server: 'mcp' }));
  const onSignal = (): void => funnel.close();
  if (signal.aborted) return;
  signal.addEventListener('abort', onSignal, { once: true });
  context.closed.addEventListener('abort', onClosed, { once: true });
  if (context.closed.aborted) onClosed();

  const owners = new Map<string, Watched>();
  const begun = Promise.withResolvers<undefined>();
  /** Nothing goes to the client before it is told that its stream stands. */
  const send = async (message: SideMessage): Promise<void> => {
    await begun.promise;
    await funnel.send(message);
  };
  const begin = (): void => {
    begun.resolve(undefined);
    // Whoever has left meanwhile hears of nothing.
    if (ending.signal.aborted) return;
    if (era === 'modern') {
      const watched = (filter?.resourceSubscriptions ?? []).filter((uri) => owners.has(uri));
      const tasks = watchedTasks(filter ?? {}, (place) => hasTasks(context, place));
      void funnel.send(acknowledgement(filter, watched, tasks));
    }
    onOpen?.();
  };
  let differences: ListDifferences | undefined;
  /** @returns of each member that is new: that its stream stands, or that there is none */
  const follow = (): readonly Promise<undefined>[] => {
    const begins: Promise<undefined>[] = [];
    const now = new Set(context.connections.all);
    for (const [connection, stop] of listening) {
      if (now.has(connection)) continue;
      stop.abort();
      listening.delete(connection);
    }
    for (const connection of now) {
      if (listening.has(connection)) continue;
      const stop = new AbortController();
      listening.set(connection, stop);
      const stopped = AbortSignal.any([ending.signal, stop.signal]);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      begins.push(promise);
      const stands = (): void => resolve(undefined);
      void pump(connection, stopped, stands).finally(stands);
    }
    return begins;
  };

  async function pump(connection: MemberConnection, stopped: AbortSignal, stands: () => void): Promise<void> {
    for (let attempt = 1; !stopped.aborted; attempt++) {
      const since = performance.now();
      try {
        await connection.use(async (upstream) => {
          const own = filter === undefined ? {} : { filter: memberFilter(connection.member.place, filter, owners) };
          for await (const message of upstream.listen({ signal: stopped, capabilities, onOpen: stands, ...own })) {
            attempt = 1;
            stands();
            const passed = context.pass(connection, message);
            if (passed === undefined || isOfOther(owners, connection.member.place, passed)) continue;
            await send(passed);
          }
        });
        // The server has no such stream.
        if (performance.now() - since < OFFERED_MS) return;
      } catch {
        // It is away, or of the other era: its lists say so.
      }
      stands();
      try {
        await delay(10 * backoffMs(attempt), undefined, { signal: stopped, ref: false });
      } catch {
        return;
      }
    }
  }

  let stopFollowing: (() => void) | undefined;
  try {
    await findOwners(context.offering, filter?.resourceSubscriptions ?? [], owners);
    if (signal.aborted) return;
    differences = new ListDifferences(context, filter, send, context.isLate);
    stopFollowing = context.connections.onChange(() => {
      void follow();
      differences?.check();
    });
    Promise.race([Promise.all(follow()), delay(STANDING_MS, undefined, { ref: false })])
      .then(begin)
      .catch((error: unknown) => funnel.close(error as Error));
    yield* funnel.read();
  } finally {
    stopFollowing?.();
    differences?.[Symbol.dispose]();
    ending.abort();
    signal.removeEventListener('abort', onSignal);
    context.closed.removeEventListener('abort', onClosed);
  }
}

/** Finds where each of some resources is. */
async function findOwners(offering: Offering, uris: readonly string[], owners: Map<string, Watched>): Promise<void> {
  for (const uri of uris) {
    const found = await offering.findResource(uri);
    if (found !== undefined) owners.set(uri, { place: found.connection.member.place, own: found.own });
  }
}

/** Tells whether a member speaks of a resource that the client watches at another one, which has the same URI. */
function isOfOther(owners: ReadonlyMap<string, Watched>, place: string, message: SideMessage): boolean {
  if (message.kind === 'request' || message.notification.method !== 'notifications/resources/updated') return false;
  const owner = owners.get(String(message.notification.params?.['uri']));
  return owner !== undefined && owner.place !== place;
}

/** Tells whether the member at a place has tasks; one of which nothing is known now may have them. */
function hasTasks({ connections, lists }: ListeningContext, place: string): boolean {
  const member = connections.at(place)?.member;
  const facts = member && lists.peek(member.listsKey, 'facts')?.value;
  return (
    member !== undefined && (facts === undefined || extensionOf(facts.capabilities, TASKS_EXTENSION) !== undefined)
  );
}

/** MCP 2026-07-28, basic/utilities/subscriptions: the first message names what is honoured. */
function acknowledgement(
  filter: SubscriptionFilter | undefined,
  watched: readonly string[],
  tasks: JsonObject,
): SideMessage {
  const notifications: JsonObject = {
    ...(filter?.toolsListChanged === true && { toolsListChanged: true }),
    ...(filter?.promptsListChanged === true && { promptsListChanged: true }),
    ...(filter?.resourcesListChanged === true && { resourcesListChanged: true }),
    ...(watched.length > 0 && { resourceSubscriptions: watched }),
    ...tasks,
  };
  const notification = {
    jsonrpc: '2.0' as const,
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications },
  };
  return { kind: 'notification', notification };
}
