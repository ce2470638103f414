import { styleText } from 'node:util';
import { escape, escapeLines } from '../escape.ts';

export interface ReadableOptions {
  /** With colours. */
  readonly isTerminal: boolean;
}

/** pino's numbers. */
const LEVELS = new Map<unknown, { readonly name: string; readonly style: Parameters<typeof styleText>[0] }>([
  [10, { name: 'TRACE', style: 'dim' }],
  [20, { name: 'DEBUG', style: 'dim' }],
  [30, { name: 'INFO ', style: 'green' }],
  [40, { name: 'WARN ', style: 'yellow' }],
  [50, { name: 'ERROR', style: 'red' }],
  [60, { name: 'FATAL', style: 'red' }],
]);

/** Writes a line of the log for people. What outsiders have had a hand in moves no cursor and paints nothing. */
export function readable(line: string, { isTerminal }: ReadableOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isTerminal ? styleText(style, text, { stream: process.stderr }) : text;
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { name, style } = LEVELS.get(level) ?? { name: String(level), style: 'dim' };
  // The time of the machine, as people read it; JSON lines have UTC.
  const at = typeof time === 'string' ? new Date(time).toTimeString().slice(0, 8) : '';
  const told = Object.entries(fields).map(([key, value]) => `${paint('dim', `${escape(key)}=`)}${valueText(value)}`);
  const head = [paint('dim', at), paint(style, name), escape(textOf(msg)), ...told].join(' ');
  return `${head}${err === undefined ? '' : errorText(err)}\n`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return escape(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? escape(value) : escape(JSON.stringify(value));
}

/** An error is told by its message, and one that is a bug by its stack. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ` ${valueText(error)}`;
  const { message, code, stack, cause } = error as Readonly<Record<string, unknown>>;
  const own = typeof stack === 'string' ? stack : `${textOf(message)}${code === undefined ? '' : ` (${textOf(code)})`}`;
  const indented = escapeLines(own).replaceAll('\n', '\n    ');
  return `\n    ${indented}${cause === undefined ? '' : `\n  caused by${errorText(cause)}`}`;
}
