import { escape } from '../../../../src/escape.ts';
import { displayWidth, pad, truncate } from '../../../output/width.ts';
import { markedLines, MARKS } from '../../frame/text/marked.ts';
import { wrap } from '../../frame/text/wrap.ts';
import type { Blank } from '../../../tools/argument.ts';
import { choicesOf, complaintIn, complaintsOf, valueOf, type Field, type Form } from './form.ts';
import type { State } from '../../frame/model.ts';
import { bodyHeight } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { selectedText, typedText } from './typedText.ts';

const MIN_LABEL = 12;

const BLANK_TEXTS: Readonly<Record<Blank, string>> = { empty: '(an empty text)', null: '(null)' };

/** Writes a form; what is wrong with an answer stands under it. The field under the cursor is always in view. */
export function formLines(form: Form, state: State, paint: TuiPaint): string[] {
  const { columns } = state.size;
  const complaints = complaintsOf(form, state.nowMs);
  const longest = form.spec.fields.reduce((most, field) => Math.max(most, displayWidth(field.label)), 0);
  // A server may call its arguments what it likes; the answers need room, too.
  const label = Math.min(longest, Math.max(MIN_LABEL, Math.floor(columns / 2) - 4)) + 2;
  // Each field has a line at least: what is further away can't be in view. There may be a hundred thousand.
  const height = bodyHeight(state);
  const first = Math.max(0, form.at - height);
  const head =
    first > 0
      ? []
      : [
          paint('bold', truncate(form.spec.title, columns)),
          ...form.spec.about.flatMap((text) => wrap(text, columns)),
          '',
        ];
  const error =
    form.error === undefined ? [] : [...markedLines(wrap(`error: ${form.error}`, columns), MARKS.error, paint), ''];
  const fields = form.spec.fields.slice(first, form.at + height + 1).map((field, at) => {
    const complaint = complaintIn(complaints, field.name);
    return fieldLines(form, field, first + at, { columns, label, paint, complaint });
  });
  const before = head.length + error.length + fields.slice(0, form.at - first).flat().length;
  const lines = [...head, ...error, ...fields.flat(), ...noteLines(form, columns, paint)];
  const needed = before + (fields[form.at - first]?.length ?? 0) - height;
  return needed <= 0 ? lines : lines.slice(needed);
}

function noteLines({ note, testing }: Form, columns: number, paint: TuiPaint): string[] {
  if (testing !== undefined) return ['', paint('dim', 'Testing it … Esc cancels.')];
  if (note === undefined) return [];
  return ['', ...markedLines(wrap(note, columns), note.startsWith('✓') ? MARKS.good : MARKS.bad, paint)];
}

interface FieldView {
  readonly columns: number;
  readonly label: number;
  readonly paint: TuiPaint;
  readonly complaint: string | undefined;
}

function fieldLines(form: Form, field: Field, at: number, { columns, label, paint, complaint }: FieldView): string[] {
  const isHere = at === form.at;
  const room = Math.max(8, columns - label - 2);
  const indent = ' '.repeat(columns - label - 2 < 8 ? 2 : label + 2);
  const answer = answerLines(form, field, isHere, room, paint);
  const mark = isHere ? '› ' : '  ';
  const name = pad(truncate(field.label, label - 1), label);
  const isShown = complaint !== undefined && (form.touched.has(field.name) || valueOf(form, field) !== '');
  const below = isShown
    ? markedLines(wrap(`✗ ${complaint}`, columns - displayWidth(indent)), MARKS.bad, paint).map((text) => indent + text)
    : isHere && field.hint !== undefined
      ? wrap(field.hint, columns - displayWidth(indent)).map((text) => indent + paint('dim', text))
      : [];
  return [
    ...answer.map((text, line) => (line === 0 ? mark + (isHere ? paint('bold', name) : name) + text : indent + text)),
    ...below,
  ];
}

function answerLines(form: Form, field: Field, isHere: boolean, room: number, paint: TuiPaint): string[] {
  const value = valueOf(form, field);
  const blank = form.blanks.get(field.name);
  if (blank !== undefined) return [paint('dim', truncate(BLANK_TEXTS[blank], room))];
  if (field.kind === 'text' || field.kind === 'secret') {
    const text = field.kind === 'secret' ? mask(value) : value;
    const cursor = isHere ? form.cursor : undefined;
    return form.isSelected && isHere && value !== ''
      ? [selectedText(text, room, paint)]
      : typedText(text, cursor, room, paint);
  }
  const chosen = field.kind === 'choice' ? [value] : choicesOf(value);
  const [on, off] = field.kind === 'choice' ? ['(•)', '( )'] : ['[x]', '[ ]'];
  const options = (field.options ?? []).map((option, at) => {
    const text = truncate(
      `${chosen.includes(option) ? on : off} ${option === '' ? 'left out' : escape(option)}`,
      Math.max(1, room - 2),
    );
    return { text, shown: isHere && at === form.cursor ? paint('inverse', `‹${text}›`) : ` ${text} ` };
  });
  const { meanings } = field;
  if (isHere && meanings !== undefined) {
    // One below the other, with what each means.
    const longest = options.reduce((most, { text }) => Math.max(most, displayWidth(text)), 0) + 4;
    return options.map(({ text, shown }, at) => {
      const meaning = truncate(meanings[field.options?.[at] ?? ''] ?? '', Math.max(1, room - longest));
      return `${shown}${' '.repeat(Math.max(0, longest - displayWidth(text) - 2))}${paint('dim', meaning)}`;
    });
  }
  const lines: string[] = [];
  let width = Infinity;
  for (const { text, shown } of options) {
    const needs = displayWidth(text) + 2;
    if (width + needs > room) {
      lines.push(shown);
      width = needs;
    } else {
      lines.push((lines.pop() ?? '') + shown);
      width += needs;
    }
  }
  return lines;
}

function mask(value: string): string {
  return '•'.repeat([...value].length);
}
