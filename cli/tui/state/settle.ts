import { describeFindings } from '../content/findings.ts';
import type { Outcome } from './action.ts';
import { leaveNow } from './leave.ts';
import type { Screen } from './screen.ts';
import { push, type State } from './state.ts';
import type { Step } from './step.ts';
import { askLater, filterBy, moveTo } from './window.ts';

/** Takes in how a piece of work ended. */
export function settle(state: State, work: number, outcome: Outcome): Step {
  const begun = state.work.find(({ id }) => id === work);
  if (begun === undefined) return [state, []];
  const left = { ...state, work: state.work.filter(({ id }) => id !== work) };
  if (state.leaving !== undefined && !left.work.some(({ isChange }) => isChange)) {
    return leaveNow(left, state.leaving.code, outcome);
  }
  const noted = outcome.ok && outcome.findings?.server !== undefined ? withFindings(left, outcome.findings) : left;
  return [conclude(noted, work, outcome), []];
}

type OutcomeFindings = NonNullable<Extract<Outcome, { ok: true }>['findings']>;

function withFindings(state: State, { server = '', found }: OutcomeFindings): State {
  return { ...state, findings: new Map([...state.findings, [server, found]]) };
}

function conclude(state: State, work: number, outcome: Outcome): State {
  const at = state.screens.findIndex((screen) => isOf(screen, work));
  const screen = state.screens[at];
  const replace = (next: Screen): State => ({ ...state, screens: state.screens.with(at, next) });
  if (screen?.screen === 'form' && screen.form.testing === work) {
    const note = outcome.ok && outcome.findings ? describeFindings(outcome.findings.found) : outcome.says;
    return replace({ screen: 'form', form: { ...screen.form, testing: undefined, note } });
  }
  if (screen?.screen === 'catalogue') {
    if (!outcome.ok) return replace({ ...screen, work: undefined, error: outcome.says });
    const shown = replace({ ...screen, work: undefined, catalogue: outcome.catalogue });
    if (outcome.says === '') return shown;
    return { ...shown, notice: { text: outcome.says, sinceMs: state.nowMs, tone: 'warning' } };
  }
  const notice = { text: outcome.says, sinceMs: state.nowMs };
  if (!outcome.ok) {
    if (screen?.screen !== 'form') return { ...state, notice: { ...notice, tone: 'error' } };
    // The answers stay, so that the user can mend them.
    return replace({ screen: 'form', form: { ...screen.form, work: undefined, error: outcome.says } });
  }
  const { issued, answer, warning } = outcome;
  // The form of a tool stays, for another call.
  if (answer !== undefined) {
    const again =
      screen?.screen === 'form' ? replace({ screen: 'form', form: { ...screen.form, work: undefined } }) : state;
    return push(again, { screen: 'answer', answer, top: 0 });
  }
  const done = {
    ...state,
    screens: state.screens.filter((_screen, index) => index !== at),
    notice:
      warning === undefined
        ? { ...notice, tone: 'done' as const }
        : { ...notice, tone: 'warning' as const, text: warning },
  };
  if (issued === undefined) return done;
  // The newest key is the first one of the list.
  const keys = moveTo(askLater(filterBy(done.keys, '')), 0, 1);
  return { ...done, keys, screens: [...done.screens, { screen: 'secret', issued, copied: false, top: 0 }] };
}

function isOf(screen: Screen, work: number): boolean {
  if (screen.screen === 'form') return screen.form.work === work || screen.form.testing === work;
  return screen.screen === 'catalogue' && screen.work === work;
}
