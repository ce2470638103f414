import { idBytes } from './eventId.ts';
import type { History } from './history.ts';
import type { ProposedEvent } from './eventRecord.ts';
import { metastreamOf } from './streamState.ts';

/** The revision a writer expects, or a condition in its place. */
export type Expected = number | 'no-stream' | 'any' | 'stream-exists';

export type CommitDecision =
  | { readonly decision: 'ok'; readonly current: number; readonly softDeleted: boolean }
  | { readonly decision: 'wrong-expected-version'; readonly current: number }
  | { readonly decision: 'stream-deleted' }
  /** These events are there already; `last` is the number of the last one. */
  | { readonly decision: 'idempotent'; readonly revision: number; readonly last: number };

/** Decides what a real server decides about an append: ids are compared only where the writer expects its events. */
export function checkCommit(
  history: History,
  stream: string,
  expected: Expected,
  events: readonly ProposedEvent[],
): CommitDecision {
  if (history.isTombstoned(stream)) return { decision: 'stream-deleted' };
  const current = history.lastRevision(stream);
  const softDeleted = history.isSoftDeleted(stream);
  const ok = { decision: 'ok', current, softDeleted } as const;
  const wrong = { decision: 'wrong-expected-version', current } as const;

  if (expected === 'stream-exists') {
    if (softDeleted) return { decision: 'stream-deleted' };
    if (current < 0 && history.lastRevision(metastreamOf(stream)) < 0) return wrong;
  }
  if (expected === 'any' || expected === 'stream-exists') {
    let last: number | undefined;
    for (const [index, event] of events.entries()) {
      const found = history.findInStream(stream, idBytes(event.id));
      if (found === undefined) return index === 0 ? ok : wrong;
      last = found;
    }
    return last === undefined ? ok : { decision: 'idempotent', revision: history.revisionOf(last), last };
  }

  const after = expected === 'no-stream' ? -1 : expected;
  if (after > current) return wrong;
  if (after === current) return ok;
  let last: number | undefined;
  for (const [index, event] of events.entries()) {
    last = history.numberOf(stream, after + 1 + index);
    if (last !== undefined && history.log.idOf(last).equals(idBytes(event.id))) continue;
    // A stream that was deleted softly may be created anew.
    return index === 0 && after === -1 && softDeleted ? ok : wrong;
  }
  return last === undefined ? wrong : { decision: 'idempotent', revision: after + events.length, last };
}
