import type { History } from './history.ts';
import { PAGE_EVENTS } from './allPage.ts';
import { rpcErrors } from './rpcErrors.ts';

export interface StreamPage {
  readonly events: readonly number[];
  readonly nextRevision: number;
  readonly isEnd: boolean;
}

/** Whether a reader is told that there is no such stream. @throws RpcError when it was tombstoned */
export function isMissing(history: History, stream: string): boolean {
  if (history.isTombstoned(stream)) throw rpcErrors.streamDeleted(stream);
  return history.lastRevision(stream) < 0 || history.isSoftDeleted(stream);
}

/** Answers up to `count` events from a revision on. @throws RpcError when one is missing in between */
export function streamForwards(history: History, stream: string, from: number, count = PAGE_EVENTS): StreamPage {
  const last = history.lastRevision(stream);
  const first = Math.max(from, history.firstRevision(stream));
  const end = Math.min(first + count - 1, last);
  const revisions = Array.from({ length: Math.max(0, end - first + 1) }, (_, index) => first + index);
  return { events: readable(history, stream, revisions), nextRevision: end + 1, isEnd: end >= last };
}

/** Answers up to `count` events from a revision backwards. @throws RpcError when one is missing in between */
export function streamBackwards(history: History, stream: string, from: number, count = PAGE_EVENTS): StreamPage {
  const first = history.firstRevision(stream);
  const start = Math.min(from, history.lastRevision(stream));
  const end = Math.max(start - count + 1, first);
  const revisions = Array.from({ length: Math.max(0, start - end + 1) }, (_, index) => start - index);
  return { events: readable(history, stream, revisions), nextRevision: end - 1, isEnd: end <= first };
}

function readable(history: History, stream: string, revisions: readonly number[]): number[] {
  const found = revisions.filter((revision) => history.numberOf(stream, revision) !== undefined);
  const hasGap = found.some((revision, index) => index > 0 && Math.abs(revision - found[index - 1]!) !== 1);
  if (hasGap) throw rpcErrors.unexpectedResult('ReadStreamResult', 'Error');
  const numbers = found.map((revision) => history.numberOf(stream, revision)!);
  return numbers.filter((number) => !history.isTooOld(stream, number));
}
