import type { Outcome } from './action.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Takes in how a piece of work ended. */
export function settle(state: State, work: number, outcome: Outcome): Step {
  const left = state.work.filter(({ id }) => id !== work);
  const at = state.screens.findIndex((screen) => screen.screen === 'form' && screen.form.work === work);
  const next = { ...conclude(state, at, outcome), work: left };
  if (state.leaving !== undefined && left.length === 0) return [next, [{ effect: 'leave', code: state.leaving.code }]];
  return [next, []];
}

function conclude(state: State, at: number, outcome: Outcome): State {
  const form = state.screens[at];
  const notice = { text: outcome.says, sinceMs: state.nowMs };
  if (!outcome.ok) {
    if (form?.screen !== 'form') return { ...state, notice: { ...notice, tone: 'error' } };
    // The answers stay, so that the user can mend them.
    const mended = { ...form.form, work: undefined, error: outcome.says };
    return { ...state, screens: state.screens.with(at, { screen: 'form', form: mended }) };
  }
  const { issued, warning } = outcome;
  const screens = state.screens.filter((_screen, index) => index !== at);
  return {
    ...state,
    screens: issued === undefined ? screens : [...screens, { screen: 'secret', issued, copied: false, top: 0 }],
    notice: warning === undefined ? { ...notice, tone: 'done' } : { ...notice, tone: 'warning', text: warning },
  };
}
