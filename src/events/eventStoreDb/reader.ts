import { setTimeout as delay } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { Unavailable } from '../../errors.ts';
import type { ReadAllOptions, ReadStreamOptions, RecordedEvent } from '../eventStore.ts';
import { readCall, type ReadCallOptions } from './readCall.ts';
import { allRequest, streamRequest, type ReadRequest } from './readRequest.ts';
import { recordedEvent } from './recordedEvent.ts';

/** A read that broke before it brought anything is made once more: a new connection, or the node that is leader now. */
const RETRY_DELAY_MS = 100;

/** More than any history holds, as the protocol's count wants to have it. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export interface ReaderOptions {
  readonly client: EventStoreDBClient;
  /** Stands before every stream's name in the store, and before none outside this adapter. */
  readonly streamPrefix: string;
  /** How the names of our streams begin, without `streamPrefix`; whatever else is in the store does not exist for us. */
  readonly streams: readonly string[];
  /** How long the server may be silent. */
  readonly deadlineMs: number;
  readonly disposed: AbortSignal;
}

/** Reads from EventStoreDB, up to what is committed. All methods throw Unavailable. */
export interface Reader {
  stream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;
  all(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;
  /** The position of the store's last event, whoever's it is. */
  tail(): Promise<bigint | undefined>;
}

/** Makes a reader. */
export function createReader({ client, streamPrefix, streams, deadlineMs, disposed }: ReaderOptions): Reader {
  const prefixes = streams.map((each) => streamPrefix + each);
  /** A stretch of the store without an event of ours; who reads on from within it can begin at its end. */
  let quiet = { from: -1n, to: -1n };

  async function* read(request: ReadRequest): AsyncGenerator<RecordedEvent, void, undefined> {
    if (disposed.aborted) throw new Unavailable('event-store-closed', 'The event store is closed.');
    const options: ReadCallOptions = { signal: disposed, firstWithinMs: deadlineMs, nextWithinMs: deadlineMs };
    let begun = false;
    for (let isLastTry = false; ; isLastTry = true) {
      try {
        for await (const response of readCall(client, request, options)) {
          begun = true;
          if (response.hasStreamNotFound()) return;
          const event = response.getEvent();
          if (event !== undefined) yield recordedEvent({ streamPrefix }, event);
        }
        if (disposed.aborted) throw new Unavailable('event-store-closed', 'The event store was closed.');
        return;
      } catch (error) {
        if (begun || isLastTry || !(error instanceof Unavailable) || error.code !== 'event-store-unavailable')
          throw error;
        await delay(RETRY_DELAY_MS);
      }
    }
  }

  async function tail(): Promise<bigint | undefined> {
    const request = allRequest({ direction: 'backwards', from: undefined, limit: 1, prefixes: undefined });
    for await (const { position } of read(request)) return position;
    return undefined;
  }

  async function* forwards(after: bigint | undefined, limit: number): AsyncGenerator<RecordedEvent, void, undefined> {
    // What is appended while the reader reads would keep it reading.
    const end = await tail();
    let last = after ?? -1n;
    if (end === undefined || end <= last) return;
    const from = last >= quiet.from && last < quiet.to ? quiet.to : after;
    // One more, because `from` may be the place of an event, which is then not wanted.
    const request = allRequest({ direction: 'forwards', from, limit: Math.min(limit + 1, UNLIMITED), prefixes });
    let left = limit;
    for await (const event of read(request)) {
      if (event.position > end) break;
      if (event.position <= last) continue;
      yield event;
      last = event.position;
      left -= 1;
      if (left === 0) return;
    }
    if (end > last) quiet = { from: last, to: end };
  }

  async function* backwards(before: bigint | undefined, limit: number): AsyncGenerator<RecordedEvent, void, undefined> {
    const direction = 'backwards';
    const request = allRequest({ direction, from: before, limit: Math.min(limit + 1, UNLIMITED), prefixes });
    let left = limit;
    for await (const event of read(request)) {
      if (before !== undefined && event.position >= before) continue;
      yield event;
      left -= 1;
      if (left === 0) return;
    }
  }

  return {
    async *stream(stream, { direction = 'forwards', from, limit = UNLIMITED } = {}) {
      if (limit === 0) return;
      yield* read(streamRequest(streamPrefix + stream, { direction, from, limit: Math.min(limit, UNLIMITED) }));
    },
    async *all({ direction = 'forwards', after, limit = UNLIMITED } = {}) {
      if (limit === 0) return;
      yield* direction === 'forwards' ? forwards(after, limit) : backwards(after, limit);
    },
    tail,
  };
}
