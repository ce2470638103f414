import type { Blank } from '../../../tools/argument.ts';
import type { Job, JobKind, ScreenName, State } from '../../frame/model.ts';
import { pasteInto, pasteLinesInto, textInput, toLine, typeInto, type TextInput } from '../../frame/text/textInput.ts';

/** One line to fill in. Its value is text; that of `choices` is separated by commas. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'secret' | 'choice' | 'choices';
  readonly options?: readonly string[];
  readonly hint?: string;
  /** Pasted lines stay lines; elsewhere their ends become spaces. */
  readonly hasLines?: boolean;
  /** What each option means. */
  readonly meanings?: Readonly<Record<string, string>>;
  /** Shows what there is to choose from, on a screen of its own. */
  readonly pick?: JobKind<{ readonly field: string; readonly value: string }>;
  /** What an empty answer can be made to mean. */
  readonly blanks?: readonly Blank[];
}

/** By the field’s name, which may be a server’s: read what has such a name by `answerIn` and `complaintIn`. */
export type Values = Readonly<Record<string, string>>;
export type Complaints = Readonly<Record<string, string | undefined>>;
/** By the field’s name. */
export type Blanks = ReadonlyMap<string, Blank>;

/** What a form asks for and what becomes of the answers. */
export interface FormSpec {
  readonly title: string;
  readonly about: readonly string[];
  readonly fields: readonly Field[];
  /** The fields for these answers, where they depend on a choice. (Default: always the same) */
  fieldsFor?(values: Values): readonly Field[];
  /** What an answer does to others. (Default: nothing) */
  follow?(values: Values, before: Values): Values;
  /** What is wrong with each field, as it is being typed. */
  check(values: Values, nowMs: number, blanks?: Blanks): Complaints;
  /** As in: Creating the key. */
  readonly working: string;
  submit(values: Values, nowMs: number, blanks?: Blanks): Job;
  /** Tries the answers out before they are submitted. */
  readonly test?: FormTest;
  /** The form of a tool stays, for another call. */
  readonly staysOpen?: true;
  /** What becomes of the state when the form has done its work. */
  done?(state: State): State;
}

export interface FormTest {
  /** Names of the fields that must be right before. */
  readonly needs: readonly string[];
  /** As in: Testing the server. */
  readonly working: string;
  job(values: Values): Job;
}

/** A form that is being filled in. */
export interface Form {
  readonly spec: FormSpec;
  readonly values: Values;
  /** Empty answers that were made to mean something. */
  readonly blanks: Blanks;
  /** The field under the cursor. */
  readonly at: number;
  /** In a text the characters before the cursor; in choices the one under it. */
  readonly cursor: number;
  /** What the field holds is selected, since the cursor has just come: typing replaces it, moving the cursor keeps it. */
  readonly isSelected: boolean;
  /** Fields that were left or submitted: that they are empty is shown only then. */
  readonly touched: ReadonlySet<string>;
  /** The work that it became. */
  readonly work: number | undefined;
  readonly error: string | undefined;
  /** What a test of the answers has found out, and the work that tests them. */
  readonly note: string | undefined;
  readonly testing: number | undefined;
}

export const FORM: ScreenName<Form> = { name: 'form' };

/** Opens a form. */
export function openForm(spec: FormSpec, values: Values = {}): Form {
  const nothing = { work: undefined, error: undefined, note: undefined, testing: undefined };
  return goTo(
    { spec, values, blanks: new Map(), at: 0, cursor: 0, isSelected: false, touched: new Set<string>(), ...nothing },
    0,
  );
}

/** The answer in a field. */
export function valueOf({ values }: Pick<Form, 'values'>, { name }: Field): string {
  return answerIn(values, name);
}

/** The answer of a name: a server may call a field as every object’s members are called, as `constructor`. */
export function answerIn(values: Values, name: string): string {
  return (Object.hasOwn(values, name) ? values[name] : undefined) ?? '';
}

/** What is wrong with the field of a name. */
export function complaintIn(complaints: Complaints, name: string): string | undefined {
  return Object.hasOwn(complaints, name) ? complaints[name] : undefined;
}

/** Splits the value of a field with several choices. */
export function choicesOf(value: string): string[] {
  return value.split(',').filter((each) => each !== '');
}

/** Fills in the answer of a name. */
export function answerField(form: Form, name: string, value: string): Form {
  const field = form.spec.fields.find((each) => each.name === name);
  return field === undefined ? form : { ...set(form, field, value), cursor: [...value].length };
}

/** Moves to a field. */
export function goTo(form: Form, index: number): Form {
  const { fields } = form.spec;
  const at = (index + fields.length) % Math.max(1, fields.length);
  const field = fields[at];
  if (field === undefined) return form;
  const left = fields[form.at]?.name;
  const touched = left === undefined || at === form.at ? form.touched : new Set([...form.touched, left]);
  return { ...form, at, touched, cursor: restingCursor(form, field), isSelected: isTyped(field) };
}

/** A text of several lines is edited, not replaced. */
function isTyped({ kind, hasLines }: Field): boolean {
  return (kind === 'text' || kind === 'secret') && hasLines !== true;
}

function restingCursor(form: Form, field: Field): number {
  const value = valueOf(form, field);
  if (field.kind === 'choice') return Math.max(0, (field.options ?? []).indexOf(value));
  return field.kind === 'choices' ? 0 : [...value].length;
}

/** Types into a form. @returns undefined when the keystroke means nothing to the field */
export function typeInForm(form: Form, keystroke: string): Form | undefined {
  const field = form.spec.fields[form.at];
  if (field?.hasLines === true && (keystroke === 'up' || keystroke === 'down')) {
    const moved = toLine({ text: valueOf(form, field), at: form.cursor }, keystroke === 'up' ? -1 : 1);
    if (moved !== undefined) return { ...form, cursor: moved.at };
  }
  if (keystroke === 'tab' || keystroke === 'down') return goTo(form, form.at + 1);
  if (keystroke === 'shift-tab' || keystroke === 'up') return goTo(form, form.at - 1);
  if (field === undefined) return undefined;
  if (field.kind === 'choice' || field.kind === 'choices') return choose(form, field, keystroke);
  const before = form.isSelected && replaces(keystroke) ? textInput() : lineOf(form, field);
  const typed = typeInto(before, keystroke);
  if (typed === undefined) return undefined;
  return { ...set(form, field, typed.text), cursor: typed.at };
}

function lineOf(form: Form, field: Field): TextInput {
  return { text: valueOf(form, field), at: form.cursor };
}

/** Whether a keystroke takes the place of a selected text: what is printed, and what takes away. */
function replaces(keystroke: string): boolean {
  return keystroke === 'backspace' || keystroke === 'delete' || [...keystroke].length === 1;
}

/** Fills in a pasted text. */
export function pasteInForm(form: Form, text: string): Form {
  const field = form.spec.fields[form.at];
  if (field === undefined || field.kind === 'choice' || field.kind === 'choices') return form;
  const paste = field.hasLines === true ? pasteLinesInto : pasteInto;
  const typed = paste(form.isSelected ? textInput() : lineOf(form, field), text);
  return { ...set(form, field, typed.text), cursor: typed.at };
}

/** Makes an empty answer mean the next thing that it can mean; in the end again what it means by itself. */
export function blankInForm(form: Form): Form {
  const field = form.spec.fields[form.at];
  const choices = field?.blanks ?? [];
  if (field === undefined || choices.length === 0) return form;
  const before = form.blanks.get(field.name);
  const next = choices[before === undefined ? 0 : choices.indexOf(before) + 1];
  const emptied = { ...set(form, field, ''), cursor: 0 };
  return next === undefined ? emptied : { ...emptied, blanks: new Map([...emptied.blanks, [field.name, next]]) };
}

function set(form: Form, { name }: Field, value: string): Form {
  const blanks = new Map([...form.blanks].filter(([field]) => field !== name));
  const answered = { ...form.values, [name]: value };
  const values = form.spec.follow?.(answered, form.values) ?? answered;
  return withFields({ ...form, values, blanks, isSelected: false, error: undefined }, name);
}

/** Asks for what goes with the answers; the cursor stays in its field, and what was typed elsewhere comes back with its field. */
function withFields(form: Form, name: string): Form {
  const { spec, values } = form;
  if (spec.fieldsFor === undefined) return form;
  const fields = spec.fieldsFor(values);
  return {
    ...form,
    spec: { ...spec, fields },
    at: Math.max(
      0,
      fields.findIndex((field) => field.name === name),
    ),
  };
}

function choose(form: Form, field: Field, keystroke: string): Form | undefined {
  const options = field.options ?? [];
  const step = keystroke === 'left' || keystroke === 'h' ? -1 : keystroke === 'right' || keystroke === 'l' ? 1 : 0;
  if (step !== 0) {
    const cursor = (form.cursor + step + options.length) % options.length;
    return field.kind === 'choice' ? { ...set(form, field, options[cursor] ?? ''), cursor } : { ...form, cursor };
  }
  if (keystroke !== ' ') return undefined;
  const option = options[form.cursor] ?? '';
  if (field.kind === 'choice') return set(form, field, option);
  const before = choicesOf(valueOf(form, field));
  const after = before.includes(option) ? before.filter((each) => each !== option) : [...before, option];
  // In the order of the options, so that the same choice is the same value.
  return set(form, field, options.filter((each) => after.includes(each)).join(','));
}

/** What is wrong with the answers, all of it. */
export function complaintsOf(form: Form, nowMs: number): Complaints {
  return form.spec.check(form.values, nowMs, form.blanks);
}

/** The first field with something wrong; -1 when all is well. */
export function firstWrong(form: Form, nowMs: number): number {
  const complaints = complaintsOf(form, nowMs);
  return form.spec.fields.findIndex(({ name }) => complaintIn(complaints, name) !== undefined);
}

/** Shows what is wrong everywhere. */
export function touchAll(form: Form): Form {
  return { ...form, touched: new Set(form.spec.fields.map(({ name }) => name)) };
}
