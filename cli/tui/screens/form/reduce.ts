import { noticeOf } from '../../frame/endWork.ts';
import { isChange } from '../../frame/leave.ts';
import type { State, Step, WorkEnd } from '../../frame/model.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { topContent, withContent, withTop } from '../../frame/state.ts';
import { commandsOf } from '../copying.ts';
import {
  blankInForm,
  complaintIn,
  complaintsOf,
  firstWrong,
  FORM,
  goTo,
  pasteInForm,
  touchAll,
  typeInForm,
  valueOf,
  type Form,
} from './form.ts';

/** Types into the form. @returns undefined for a keystroke that means nothing to a field */
export function onFormKeystroke(state: State, form: Form, keystroke: string): Step | undefined {
  const { work, spec, at } = form;
  // Nothing can be changed any more; a call can still be cancelled, a change can't.
  if (work !== undefined) return keystroke === 'esc' ? cancel(state, work) : [state, []];
  if (keystroke === 'enter' && at >= spec.fields.length - 1) return submitForm(state);
  const typed = typeInForm(form, keystroke === 'enter' ? 'tab' : keystroke);
  return typed === undefined ? undefined : [withTop(state, FORM, typed), []];
}

function cancel(state: State, id: number): Step {
  const work = state.work.find((each) => each.id === id);
  return [state, work === undefined || isChange(work) ? [] : [{ effect: 'cancel', work: id }]];
}

/** Takes a pasted text into the field under the cursor. */
export function onFormPaste(state: State, form: Form, text: string): State {
  return form.work === undefined ? withTop(state, FORM, pasteInForm(form, text)) : state;
}

/** Submits the form, or goes to the first field that is wrong. */
export function submitForm(state: State): Step {
  const form = topContent(state, FORM);
  if (form === undefined) return [state, []];
  const wrong = firstWrong(form, state.nowMs);
  if (wrong !== -1) return [withTop(state, FORM, touchAll(goTo(form, wrong))), []];
  const { spec, values, blanks } = form;
  const [next, effects, work] = startWork(state, spec.submit(values, state.nowMs, blanks), spec.working);
  return [withTop(next, FORM, { ...form, work, error: undefined }), effects];
}

/** A field of the form that the user looks at, and what it holds. */
export interface FieldOfForm {
  readonly field: string;
  readonly value: string;
}

/** Shows what there is to choose from for the field under the cursor. */
export function pickForField(state: State): Step {
  const form = topContent(state, FORM);
  const field = form?.spec.fields[form.at];
  if (form === undefined || field?.pick === undefined) return [state, []];
  const job = jobOf(field.pick, { field: field.name, value: valueOf(form, field) });
  const [next, effects] = startWork(state, job, 'Looking what there is');
  return [next, effects];
}

/** Changes the form that the user looks at. */
export function withField(state: State, change: (form: Form) => Form): State {
  const form = topContent(state, FORM);
  return form === undefined ? state : withTop(state, FORM, change(form));
}

/** The commands that do the same as the form; none while something is wrong in it. */
export function commandsOfForm(form: Form, { nowMs }: State): readonly (readonly string[])[] {
  if (firstWrong(form, nowMs) !== -1) return [];
  return commandsOf(form.spec.submit(form.values, nowMs, form.blanks), nowMs);
}

/** Makes an empty answer mean something else. */
export function blankField(state: State): Step {
  const form = topContent(state, FORM);
  return [form === undefined ? state : withTop(state, FORM, blankInForm(form)), []];
}

/** Tries the answers of the form out. */
export function testForm(state: State): Step {
  const form = topContent(state, FORM);
  if (form?.spec.test === undefined) return [state, []];
  const { needs, working, job } = form.spec.test;
  const complaints = complaintsOf(form, state.nowMs);
  if (needs.some((name) => complaintIn(complaints, name) !== undefined)) {
    return [withTop(state, FORM, touchAll(form)), []];
  }
  const [next, effects, testing] = startWork(state, job(form.values), working);
  return [withTop(next, FORM, { ...form, testing, note: undefined }), effects];
}

/** Takes in the end of the work that the form started: a test of its answers, or what it is for. */
export function endFormWork(state: State, at: number, form: Form, { work, outcome }: WorkEnd): State | undefined {
  const replace = (next: Form) => withContent(state, at, FORM, next);
  if (form.testing === work) {
    const note = (outcome.ok ? outcome.note : undefined) ?? outcome.message;
    return replace({ ...form, testing: undefined, note });
  }
  if (form.work !== work) return undefined;
  // The answers stay, so that the user can mend them.
  if (!outcome.ok) return replace({ ...form, work: undefined, error: outcome.message });
  if (form.spec.staysOpen === true) return { ...replace({ ...form, work: undefined }), notice: undefined };
  const closed = { ...state, screens: state.screens.toSpliced(at, 1), notice: noticeOf(state, outcome) };
  return form.spec.done?.(closed) ?? closed;
}
