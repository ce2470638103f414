import { Unavailable } from '../../errors/appError.ts';
import type { LogEntry, ScanOptions } from '../eventStore.ts';
import type { Names } from './names.ts';
import type { ReadResponse } from './readCall.ts';
import { allRequest, subscriptionRequest } from './readRequest.ts';
import { streamOf } from './recordedEvent.ts';
import type { StoreCalls } from './storeCalls.ts';

/**
 * Reads forwards to the store's end as it is now: a subscription that ends there, because a filtered read sends nothing
 * while it passes what others stored, and a subscription reports every so often how far it has come.
 * @throws Unavailable; the signal's reason
 */
export async function* scan(
  calls: StoreCalls,
  { after, signal }: ScanOptions = {},
): AsyncGenerator<LogEntry, void, undefined> {
  let last = after;
  const request = () => subscriptionRequest(last, calls.names.prefixes);
  for (;;) {
    const { number } = calls.connections;
    const end = await readEnd(calls, signal);
    if (end === undefined || (last !== undefined && last >= end)) return;
    let isOther = false;
    for await (const response of calls.read({ stream: '$all', request, signal })) {
      // What was stored before is all there when the server reports that it has caught up; another one may have less.
      isOther = response.hasCaughtUp() && calls.connections.number !== number;
      if (isOther) break;
      const entry = response.hasCaughtUp() ? passed(end) : entryOf(calls.names, response);
      if (entry === undefined || (last !== undefined && entry.position <= last)) continue;
      last = entry.position;
      yield last > end ? passed(end) : entry;
      if (last >= end) return;
    }
    if (!isOther) throw new Unavailable('event-store-unavailable', 'EventStoreDB ended the subscription.');
  }
}

/** Reads the position of the store's last record, ours or not. @throws Unavailable */
export async function readEnd(calls: StoreCalls, signal?: AbortSignal): Promise<bigint | undefined> {
  const request = () => allRequest({ direction: 'backwards', from: undefined, limit: 1, prefixes: undefined });
  for await (const response of calls.read({ stream: '$all', request, signal })) {
    const read = response.getEvent();
    if (read !== undefined) return streamOf(read).position;
  }
  return undefined;
}

/** Reads the log entry of a subscription's answer; undefined when it has none. */
export function entryOf(names: Names, response: ReadResponse): LogEntry | undefined {
  const event = response.getEvent();
  if (event !== undefined) return names.entryOf(event);
  const checkpoint = response.getCheckpoint();
  return checkpoint && passed(BigInt(checkpoint.getCommitPosition()));
}

function passed(position: bigint): LogEntry {
  return { kind: 'passed', position };
}
