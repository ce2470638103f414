import { firstWrong, goTo, touchAll } from './form.ts';
import { topScreen, withTop, type State } from './state.ts';
import type { Step } from './step.ts';

/** Submits the form, or goes to the first field that is wrong. */
export function performForm(state: State): Step {
  const screen = topScreen(state);
  if (screen?.screen !== 'form' || screen.form.work !== undefined) return [state, []];
  const { form } = screen;
  const wrong = firstWrong(form, state.nowMs);
  if (wrong !== -1) return [withTop(state, { screen: 'form', form: touchAll(goTo(form, wrong)) }), []];
  const { spec, values } = form;
  const work = state.lastWork + 1;
  const next = withTop(state, { screen: 'form', form: { ...form, work, error: undefined } });
  return [
    {
      ...next,
      lastWork: work,
      work: [...state.work, { id: work, says: spec.working, sinceMs: state.nowMs }],
    },
    [{ ...spec.submit(values, state.nowMs), work }],
  ];
}
