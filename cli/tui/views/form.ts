import { escape } from '../../escape.ts';
import { displayWidth, pad, truncate } from '../../output/width.ts';
import { wrap } from '../content/wrap.ts';
import { choicesOf, complaintsOf, valueOf, type Field, type Form } from '../state/form.ts';
import { bodyHeight, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';

/** Writes a form; what is wrong with an answer stands under it. The field under the cursor is always in view. */
export function formLines(form: Form, state: State, paint: TuiPaint): string[] {
  const { columns } = state.size;
  const complaints = complaintsOf(form, state.nowMs);
  const label = Math.max(0, ...form.spec.fields.map((field) => displayWidth(field.label))) + 2;
  const head = [
    paint('bold', truncate(form.spec.title, columns)),
    ...form.spec.about.flatMap((text) => wrap(text, columns)),
    '',
  ];
  const error =
    form.error === undefined ? [] : [...wrap(`error: ${form.error}`, columns).map((text) => paint('red', text)), ''];
  const fields = form.spec.fields.map((field, at) =>
    fieldLines(form, field, at, { columns, label, paint, complaint: complaints[field.name] }),
  );
  const before = head.length + error.length + fields.slice(0, form.at).flat().length;
  const lines = [...head, ...error, ...fields.flat(), ...noteLines(form, columns, paint)];
  const needed = before + (fields[form.at]?.length ?? 0) - bodyHeight(state);
  return needed <= 0 ? lines : lines.slice(needed);
}

function noteLines({ note, testing }: Form, columns: number, paint: TuiPaint): string[] {
  if (testing !== undefined) return ['', paint('dim', 'Testing it … Esc cancels.')];
  if (note === undefined) return [];
  return ['', ...wrap(note, columns).map((text) => paint(note.startsWith('✓') ? 'green' : 'red', text))];
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
  const name = pad(field.label, label);
  const isShown = complaint !== undefined && (form.touched.has(field.name) || valueOf(form, field) !== '');
  const below = isShown
    ? wrap(complaint, columns - displayWidth(indent)).map((text) => indent + paint('red', text))
    : isHere && field.hint !== undefined
      ? [indent + paint('dim', truncate(field.hint, columns - displayWidth(indent)))]
      : [];
  return [
    ...answer.map((text, line) => (line === 0 ? mark + (isHere ? paint('bold', name) : name) + text : indent + text)),
    ...below,
  ];
}

function answerLines(form: Form, field: Field, isHere: boolean, room: number, paint: TuiPaint): string[] {
  const value = valueOf(form, field);
  if (field.kind === 'text' || field.kind === 'secret') {
    return [
      isHere
        ? typed(field.kind === 'secret' ? mask(value) : value, form.cursor, room, paint)
        : truncate(field.kind === 'secret' ? mask(value) : escape(value), room),
    ];
  }
  const chosen = field.kind === 'choice' ? [value] : choicesOf(value);
  const [on, off] = field.kind === 'choice' ? ['(•)', '( )'] : ['[x]', '[ ]'];
  const words = (field.options ?? []).map((option, at) => {
    const text = `${chosen.includes(option) ? on : off} ${option}`;
    return { text, shown: isHere && at === form.cursor ? paint('inverse', `‹${text}›`) : ` ${text} ` };
  });
  const lines: string[] = [];
  let width = Infinity;
  for (const { text, shown } of words) {
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

/** A line with its cursor, scrolled so that the cursor is in view. */
function typed(value: string, cursor: number, room: number, paint: TuiPaint): string {
  const characters = [...value].map((character) => escape(character));
  const start = Math.max(0, cursor - room + 2);
  const before = characters.slice(start, cursor).join('');
  const under = characters[cursor] ?? ' ';
  const after = truncate(characters.slice(cursor + 1).join(''), Math.max(0, room - displayWidth(before) - 1), '');
  return before + (paint('inverse', 'x') === 'x' ? `▏${under === ' ' ? '' : under}` : paint('inverse', under)) + after;
}
