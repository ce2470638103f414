import { isChange, leaveNow } from './leave.ts';
import type { Notice, Outcome, State, Step, WorkEnd } from './model.ts';
import { push } from './state.ts';

/** Takes in how a piece of work ended. */
export function endWork(state: State, end: WorkEnd): Step {
  const { outcome } = end;
  const ended = state.work.find(({ id }) => id === end.work);
  if (ended === undefined) return [state, []];
  const rest = { ...state, work: state.work.filter(({ id }) => id !== end.work) };
  if (state.leaving !== undefined && !rest.work.some(isChange)) return leaveNow(rest, state.leaving.code, outcome);
  const { kind, input } = ended.job;
  const taken = onItsScreen(kind.take?.(rest, input, outcome) ?? rest, end);
  return [outcome.ok && outcome.opens !== undefined ? openResult(taken, outcome.opens) : taken, []];
}

/** The screen that the work belongs to shows its end; without one the line of notices does. */
function onItsScreen(state: State, end: WorkEnd): State {
  for (const [at, { kind, content }] of state.screens.entries()) {
    const next = kind.endWork?.(state, at, content, end);
    if (next !== undefined) return next;
  }
  return { ...state, notice: noticeOf(state, end.outcome) };
}

/** What the line of notices shows of an outcome. */
export function noticeOf({ nowMs }: Pick<State, 'nowMs'>, outcome: Outcome): Notice {
  if (!outcome.ok) return { tone: 'error', text: outcome.message, sinceMs: nowMs };
  const { warning, message } = outcome;
  if (warning !== undefined) return { tone: 'warning', text: warning, sinceMs: nowMs };
  return { tone: 'done', text: message, sinceMs: nowMs };
}

/** A warning stays, as one about a new key; what was done, the screen shows itself. */
function openResult(state: State, opens: NonNullable<Extract<Outcome, { ok: true }>['opens']>): State {
  return { ...push(state, opens), notice: state.notice?.tone === 'done' ? undefined : state.notice };
}
