import { setTimeout as delay } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { backoffMs } from '../../backoff.ts';
import { Unavailable } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { Bell } from '../bell.ts';
import type { RecordedEvent } from '../eventStore.ts';
import { readCall } from './readCall.ts';
import type { Reader } from './reader.ts';
import { subscriptionRequest } from './readRequest.ts';
import { recordedEvent } from './recordedEvent.ts';

export interface SubscriptionOptions {
  readonly client: EventStoreDBClient;
  readonly reader: Reader;
  readonly streamPrefix: string;
  readonly streams: readonly string[];
  readonly logger: Logger;
  /** How long the server may take to confirm a subscription. */
  readonly deadlineMs: number;
  /** How often a subscription that hears nothing looks for itself whether there is something. */
  readonly pollMs: number;
}

/**
 * Subscribes to our streams, from the last event that the consumer has taken on: after every fault anew from there, with
 * back-off. What the server says about its own progress (checkpoints, «caught up») runs ahead of the consumer and is not
 * used; and a subscription that has gone silent while its connection lives is found by looking.
 */
export async function* subscribeTo(
  options: SubscriptionOptions,
  after: bigint | undefined,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const { logger } = options;
  let last = after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const event of subscribeOnce(options, last, signal)) {
        yield event;
        last = event.position;
        failures = 0;
        // The consumer may have taken its time.
        if (signal.aborted) return;
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (signal.aborted) return;
      failures += 1;
      const waitMs = backoffMs(failures);
      logger.warn({ err: error, waitMs }, 'an event subscription was cut off; subscribing anew');
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function* subscribeOnce(
  { client, reader, streamPrefix, streams, deadlineMs, pollMs }: SubscriptionOptions,
  after: bigint | undefined,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const request = subscriptionRequest(
    after,
    streams.map((each) => streamPrefix + each),
  );
  // A generator that waits can't be told to return; its signal ends the waiting.
  const over = new AbortController();
  const call = { signal: AbortSignal.any([signal, over.signal]), firstWithinMs: deadlineMs, nextWithinMs: Infinity };
  const responses = readCall(client, request, call)[Symbol.asyncIterator]();
  let last = after;
  try {
    for (;;) {
      const next = responses.next();
      // One listener, however long it takes: a race per look would leave one more behind on a promise that waits for days.
      const heard = new Bell();
      const ring = (): void => heard.ring();
      next.then(ring, ring);
      for (;;) {
        await heard.after(0, signal, pollMs);
        if (heard.rings > 0 || signal.aborted) break;
        await lookFor(reader, last, heard, deadlineMs, signal);
      }
      const { value, done } = await next;
      if (done === true) {
        if (signal.aborted) return;
        throw new Unavailable('event-store-unavailable', 'EventStoreDB ended the subscription.');
      }
      const event = value.getEvent();
      if (event === undefined) continue;
      const recorded = recordedEvent({ streamPrefix }, event);
      yield recorded;
      last = recorded.position;
    }
  } finally {
    over.abort();
    await responses.return();
  }
}

/** Looks whether there is an event that the subscription should have brought long ago. @throws Unavailable when it should */
async function lookFor(
  reader: Reader,
  after: bigint | undefined,
  heard: Bell,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const { position } of reader.all({ limit: 1, ...(after !== undefined && { after }) })) {
    // It may be on its way.
    await heard.after(0, signal, deadlineMs);
    if (heard.rings > 0 || signal.aborted) return;
    throw new Unavailable('event-store-unavailable', `The subscription did not bring the event at ${position}.`);
  }
}
