import { KEY_VARIABLE } from '../../clientConfiguration.ts';
import { escape } from '../../escape.ts';
import type { ScreenOf } from '../state/screen.ts';
import type { TuiPaint } from '../style.ts';
import { wrap } from './wrap.ts';

/** Writes a new key, once, and what to paste into clients. */
export function secretLines({ issued, copied }: ScreenOf<'secret'>, columns: number, paint: TuiPaint): string[] {
  const { name, apiKey, configurations, said } = issued;
  const inner = Math.max(10, Math.min(columns - 4, apiKey.length));
  const rule = '─'.repeat(inner + 2);
  const box = wrap(apiKey, inner).map((line) => `│ ${paint('bold', line.padEnd(inner))} │`);
  const copy = copied
    ? paint('green', 'Sent to the clipboard, if this terminal allows it (OSC 52).')
    : `y copies it to the clipboard. Esc leaves this screen and wipes the key.`;
  return [
    ...wrap(said, columns),
    ...wrap(`The key of ${escape(name)} is shown this once. Keep it where you keep passwords.`, columns),
    '',
    `┌${rule}┐`,
    ...box,
    `└${rule}┘`,
    ...(copied ? [copy] : wrap(copy, columns)),
    '',
    ...wrap(`Clients take it from the environment: read -rs ${KEY_VARIABLE} && export ${KEY_VARIABLE}`, columns),
    ...configurations.flatMap(({ client, where, text }) => [
      '',
      ...wrap(where === undefined ? client : `${client} (${where})`, columns).map((line) => paint('bold', line)),
      ...wrap(text, columns),
    ]),
  ];
}
