import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import { Unavailable } from '../../errors/appError.ts';
import type { OutageLog } from '../../logging/outageLog.ts';
import { Notifier } from '../notifier.ts';
import type { LogEntry } from '../eventStore.ts';
import type { Connection } from './connections.ts';
import { endsConnection, leaderOf, Silent } from './failures.ts';
import { watchLeader } from './leaderWatch.ts';
import { readCall } from './readCall.ts';
import { subscriptionRequest } from './readRequest.ts';
import { entryOf, scan } from './scan.ts';
import type { StoreCalls } from './storeCalls.ts';

/** A consumer hears at most so often that nothing of ours was there, in ms. */
const PASSED_EVERY_MS = 1_000;

/** What the log of outages calls it. */
const WHAT = 'the event store';

export interface SubscriptionOptions {
  readonly calls: StoreCalls;
  readonly outages: OutageLog;
  /** How often a subscription that hears nothing looks for itself whether there is something. */
  readonly pollMs: number;
}

/**
 * Subscribes to our streams, from the last entry that the consumer has taken on: after every fault anew from there, with
 * back-off, until the signal aborts.
 */
export async function* subscribeTo(
  options: SubscriptionOptions,
  after: bigint | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void, undefined> {
  const { calls, outages } = options;
  let last = after;
  let failures = 0;
  const confirmed = (): void => {
    failures = 0;
    outages.recovered(WHAT);
  };
  while (!signal.aborted) {
    let connection: Connection | undefined;
    const over = new AbortController();
    try {
      connection = await calls.connections.open();
      if (calls.connections.inCluster) void watchLeader(calls.connections, connection, over.signal);
      for await (const entry of subscribeOnce(options, connection, last, signal, confirmed)) {
        yield entry;
        last = entry.position;
        // The consumer may have taken its time.
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (connection !== undefined && endsConnection(error)) calls.connections.drop(connection, leaderOf(error));
      const failure = calls.appError(error, { stream: '$all' });
      if (!(failure instanceof Unavailable)) throw failure;
      failures += 1;
      outages.failed(WHAT, failure);
      await delay(backoffMs(failures), undefined, { signal }).catch(() => undefined);
    } finally {
      over.abort();
    }
  }
}

async function* subscribeOnce(
  { calls, pollMs }: SubscriptionOptions,
  connection: Connection,
  after: bigint | undefined,
  signal: AbortSignal,
  confirmed: () => void,
): AsyncGenerator<LogEntry, void, undefined> {
  const { names, readDeadlineMs } = calls;
  // A generator that waits does not react to `return`; its signal ends the waiting.
  const over = new AbortController();
  const call = {
    signal: AbortSignal.any([signal, over.signal]),
    firstWithinMs: readDeadlineMs,
    nextWithinMs: Infinity,
  };
  const responses = readCall(connection, subscriptionRequest(after, names.prefixes), call)[Symbol.asyncIterator]();
  /** Nothing of ours lies at or before it that was not yielded. */
  let considered = after ?? -1n;
  let told = considered;
  /** The server's last checkpoint. */
  let checkpoint = considered;
  let toldAt = performance.now();
  try {
    for (;;) {
      const next = responses.next();
      // One listener, however long it takes: a race per look would leave one more behind on a promise that waits for days.
      const heard = new Notifier();
      const ring = (): void => heard.notify();
      next.then(ring, ring);
      for (;;) {
        const untilToldMs = toldAt + PASSED_EVERY_MS - performance.now();
        if (considered > told && untilToldMs <= 0) {
          told = considered;
          toldAt = performance.now();
          yield { kind: 'passed', position: told };
        }
        await heard.waitBeyond(0, signal, considered > told ? Math.min(untilToldMs, pollMs) : pollMs);
        if (heard.count > 0 || signal.aborted) break;
        if (considered === told) considered = await lookFor(calls, considered, heard, signal);
      }
      const { value, done } = await next;
      if (done === true) {
        if (signal.aborted) return;
        throw new Unavailable('event-store-unavailable', 'EventStoreDB ended the subscription.');
      }
      if (value.hasConfirmation()) confirmed();
      const entry = entryOf(names, value);
      if (entry === undefined) continue;
      if (value.hasCheckpoint()) {
        // It may be the place of an event that is stored later: all until there has come only when something beyond it has.
        if (entry.position > checkpoint && checkpoint > considered) considered = checkpoint;
        checkpoint = entry.position;
        continue;
      }
      if (entry.position <= considered) continue;
      considered = entry.position;
      if (entry.kind === 'passed') continue;
      yield entry;
      told = considered;
    }
  } finally {
    over.abort();
    await responses.return();
  }
}

/**
 * Looks whether there is an entry that the subscription should have brought long ago.
 * @returns how far it has looked; @throws Silent when there is one
 */
async function lookFor(calls: StoreCalls, after: bigint, heard: Notifier, signal: AbortSignal): Promise<bigint> {
  let considered = after;
  for await (const { kind, position } of scan(calls, { after: after < 0n ? undefined : after, signal })) {
    if (kind === 'passed') {
      considered = position;
      continue;
    }
    // It may be on its way.
    await heard.waitBeyond(0, signal, calls.readDeadlineMs);
    if (heard.count > 0 || signal.aborted) break;
    throw new Silent(calls.readDeadlineMs);
  }
  return considered;
}
