import { Refused, Unavailable } from '../../errors/appError.ts';
import type { LogEntry, ReadAllOptions, ReadStreamOptions, RecordedEvent } from '../eventStore.ts';
import type { Connection } from './connections.ts';
import { meaningOf } from './failures.ts';
import { readCall } from './readCall.ts';
import { allRequest, streamRequest } from './readRequest.ts';
import { recordedEvent } from './recordedEvent.ts';
import { scan } from './scan.ts';
import type { StoreCalls } from './storeCalls.ts';

/** More than any history holds, as the protocol's count wants to have it. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Reads what the store shows of a stream; nothing of one that is not there or removed. @throws Unavailable */
export async function* readStream(
  calls: StoreCalls,
  stream: string,
  { direction = 'forwards', from, limit = UNLIMITED }: ReadStreamOptions = {},
): AsyncGenerator<RecordedEvent, void, undefined> {
  const name = calls.names.inStore(stream);
  let next = from;
  let left = Math.min(limit, UNLIMITED);
  if (left === 0) return;
  const request = () => streamRequest(name, { direction, from: next, limit: left });
  try {
    for await (const response of calls.read({ stream: name, request })) {
      const read = response.getEvent();
      if (read === undefined) continue;
      const event = recordedEvent(read, stream);
      next = event.revision + (direction === 'forwards' ? 1 : -1);
      left -= 1;
      if (!event.type.startsWith('$')) yield event;
      // A try that broke off here has nothing left to ask for.
      if (left === 0 || next < 0) return;
    }
  } catch (error) {
    if (error instanceof Refused && error.code === 'stream-removed') return;
    throw error;
  }
}

/** Reads our event at exactly this position. @throws Unavailable */
export async function eventAt(calls: StoreCalls, position: bigint): Promise<RecordedEvent | undefined> {
  const { names } = calls;
  // The server takes a position below 0 for its largest number.
  if (position < 0n) return undefined;
  const request = () => allRequest({ direction: 'forwards', from: position, limit: 1, prefixes: undefined });
  try {
    for await (const response of calls.read({ stream: '$all', request })) {
      const read = response.getEvent();
      if (read === undefined) continue;
      const entry = names.entryOf(read);
      return entry.kind === 'event' && entry.position === position ? entry.event : undefined;
    }
  } catch (error) {
    if (!isBeyondTheEnd(error)) throw error;
  }
  return undefined;
}

/** Reads all events up to what is committed now, or back from there. @throws Unavailable; the signal's reason */
export async function* readAll(
  calls: StoreCalls,
  { direction = 'forwards', after, limit = UNLIMITED, signal }: ReadAllOptions = {},
): AsyncGenerator<RecordedEvent, void, undefined> {
  let left = Math.min(limit, UNLIMITED);
  if (left === 0) return;
  const entries = direction === 'forwards' ? scan(calls, { after, signal }) : backwards(calls, after, left, signal);
  for await (const entry of entries) {
    if (entry.kind !== 'event') continue;
    yield entry.event;
    left -= 1;
    if (left === 0) return;
  }
}

/** The server does not say how far back it has come; so what shows its life is that it answers something else meanwhile. */
async function* backwards(
  calls: StoreCalls,
  before: bigint | undefined,
  limit: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogEntry, void, undefined> {
  const { names } = calls;
  let last = before;
  let left = limit;
  // Backwards the server begins before the position; and one record more than wanted could cost a search to the beginning.
  const request = () => allRequest({ direction: 'backwards', from: last, limit: left, prefixes: names.prefixes });
  const isAlive = async (connection: Connection): Promise<void> => {
    const probe = allRequest({ direction: 'backwards', from: undefined, limit: 1, prefixes: undefined });
    const withinMs = calls.readDeadlineMs;
    const limits = { signal: signal ?? calls.disposed, firstWithinMs: withinMs, nextWithinMs: withinMs };
    for await (const response of readCall(connection, probe, limits)) if (response.hasEvent()) return;
  };
  for await (const response of calls.read({ stream: '$all', request, signal, isAlive })) {
    const read = response.getEvent();
    if (read === undefined) continue;
    const entry = names.entryOf(read);
    if (last !== undefined && entry.position >= last) continue;
    yield entry;
    last = entry.position;
    left -= 1;
    if (left === 0) return;
  }
}

function isBeyondTheEnd(error: unknown): boolean {
  return error instanceof Unavailable && meaningOf(error.cause) === 'no-such-position';
}
