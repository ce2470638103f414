import { rpcErrors } from './rpcErrors.ts';
import type { EventLog } from './eventLog.ts';

/** A place between records. For an event's own place both are the same; where a page ended, `prepare` is 0. */
export interface LogPosition {
  readonly commit: number;
  readonly prepare: number;
}

export const START: LogPosition = { commit: 0, prepare: 0 };
/** Where a subscription from the start stands before its first event. */
export const BEFORE_START: LogPosition = { commit: -1, prepare: -1 };

export function compare(a: LogPosition, b: LogPosition): number {
  return a.commit - b.commit || a.prepare - b.prepare;
}

export const at = (position: number): LogPosition => ({ commit: position, prepare: position });

/** Reads a position off the wire. @throws RpcError when the real server's own type refuses it */
export function parsePosition(commit: string, prepare: string): LogPosition {
  if (BigInt(commit) < BigInt(prepare)) throw rpcErrors.handlerThrew();
  return { commit: Number(commit), prepare: Number(prepare) };
}

/** Whether a record begins there. Reading a log anywhere else makes no sense of what lies there. */
export function isRecordBoundary(log: EventLog, commit: number): boolean {
  if (commit <= 0 || commit >= log.end) return true;
  return log.positionOf(log.numberAt(commit)) === commit;
}
