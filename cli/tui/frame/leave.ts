import type { Outcome, State, Step, Work } from './model.ts';

/** How long changes under way are waited for when the user leaves. */
const LEAVE_WAIT_MS = 10_000;

/** Leaves when the changes under way have ended; the second time, at once. Work that changes nothing is cancelled. */
export function leave(state: State, code: number): Step {
  if (state.leaving !== undefined || !state.work.some(isChange)) return leaveNow(state, code);
  return [{ ...state, leaving: { code, sinceMs: state.nowMs } }, []];
}

/** Leaves at once; the shell shows what the user could not see any more. */
export function leaveNow(state: State, code: number, outcome?: Outcome): Step {
  const unfinished = state.work
    .filter(isChange)
    .map(
      ({ message }) =>
        `${message}: it was under way. It has happened whole or not at all; look: metamcp-cli audit tail`,
    );
  const messages = [...(outcome === undefined ? [] : [unseenMessage(outcome)]), ...unfinished];
  return [state, [{ effect: 'leave', code, messages, isUrgent: unfinished.length > 0 }]];
}

/** Leaves when a change does not end. @returns undefined while it is still waited for */
export function leaveInTheEnd(state: State): Step | undefined {
  const { leaving, nowMs } = state;
  if (leaving === undefined || nowMs - leaving.sinceMs <= LEAVE_WAIT_MS) return undefined;
  return leaveNow(state, leaving.code);
}

/** Tells whether leaving waits for it. */
export function isChange({ job }: Work): boolean {
  return job.kind.isChange === true;
}

function unseenMessage(outcome: Outcome): string {
  return (outcome.ok ? outcome.unseen : undefined) ?? outcome.message;
}
