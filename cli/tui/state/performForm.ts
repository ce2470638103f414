import { begin } from './begin.ts';
import { blankInForm, complaintsOf, firstWrong, goTo, touchAll } from './form.ts';
import { topScreen, withTop, type State } from './state.ts';
import type { Step } from './step.ts';

/** Submits the form, or goes to the first field that is wrong. */
export function performForm(state: State): Step {
  const screen = topScreen(state);
  if (screen?.screen !== 'form') return [state, []];
  const { form } = screen;
  const wrong = firstWrong(form, state.nowMs);
  if (wrong !== -1) return [withTop(state, { screen: 'form', form: touchAll(goTo(form, wrong)) }), []];
  const { spec, values, blanks } = form;
  const [next, effects, work] = begin(state, spec.submit(values, state.nowMs, blanks), spec.working);
  return [withTop(next, { screen: 'form', form: { ...form, work, error: undefined } }), effects];
}

/** Makes an empty answer mean something else. */
export function blankField(state: State): Step {
  const screen = topScreen(state);
  return [screen?.screen === 'form' ? withTop(state, { ...screen, form: blankInForm(screen.form) }) : state, []];
}

/** Tries the answers of the form out. */
export function testForm(state: State): Step {
  const screen = topScreen(state);
  if (screen?.screen !== 'form' || screen.form.spec.test === undefined) return [state, []];
  const { form } = screen;
  const { url, header } = complaintsOf(form, state.nowMs);
  if (url !== undefined || header !== undefined) {
    return [withTop(state, { screen: 'form', form: touchAll(form) }), []];
  }
  const [next, effects, testing] = begin(state, screen.form.spec.test(form.values), 'Testing the server');
  return [withTop(next, { screen: 'form', form: { ...form, testing, note: undefined } }), effects];
}
