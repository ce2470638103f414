import { escape } from '../../escape.ts';
import type { Outcome } from './action.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** How long changes under way are waited for when the user leaves. */
export const LEAVE_WAIT_MS = 10_000;

/** Leaves when the changes under way have ended; asked again, at once. What changes nothing is cancelled. */
export function leave(state: State, code: number): Step {
  if (state.leaving !== undefined || !state.work.some(({ isChange }) => isChange)) return leaveNow(state, code);
  return [{ ...state, leaving: { code, sinceMs: state.nowMs } }, []];
}

/** Leaves at once, and says in the shell what the user could not see any more. */
export function leaveNow(state: State, code: number, outcome?: Outcome): Step {
  const unfinished = state.work
    .filter(({ isChange }) => isChange)
    .map(({ says }) => `${says}: it was under way. It has happened whole or not at all; look: metamcp-cli audit tail`);
  return [
    state,
    [{ effect: 'leave', code, farewell: [...lastWords(outcome), ...unfinished], isUrgent: unfinished.length > 0 }],
  ];
}

function lastWords(outcome: Outcome | undefined): string[] {
  if (outcome === undefined) return [];
  if (!outcome.ok || outcome.issued === undefined) return [outcome.says];
  const { id, name } = outcome.issued;
  return [
    `The key ${escape(name)} (${id}) was made, but nobody has seen its secret. Make another: metamcp-cli keys rotate ${id}`,
  ];
}
