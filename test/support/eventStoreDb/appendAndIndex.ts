import { setTimeout as sleep } from 'node:timers/promises';

import type { Expected } from './commitCheck.ts';
import type { ProposedEvent } from './eventRecord.ts';
import type { CommitResult, History } from './history.ts';

/** A real server's own limit for a write, whatever the client asks for. */
export const WRITE_TIMEOUT_MS = 2_000;

/** Appends, and answers when it is indexed; a repetition that comes before that has no result within the time for it. */
export async function appendAndIndex(
  history: History,
  stream: string,
  expected: Expected,
  events: readonly ProposedEvent[],
): Promise<CommitResult> {
  const result = history.append(stream, expected, events);
  if (result.result === 'success' && result.position !== undefined) await history.indexed(result.position);
  if (result.result === 'not-indexed') await sleep(WRITE_TIMEOUT_MS);
  return result;
}
