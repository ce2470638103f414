import { KEY_VARIABLE } from '../../../clients/client.ts';
import type { ClientConfiguration } from '../../../clients/clientConfiguration.ts';
import { escape } from '../../../../src/escape.ts';
import type { Screen, ScreenKind, ScreenName, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { screen, topContent, withTop } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';

/** A key that was just made: the only state that has a secret, gone when the screen is left. */
export interface IssuedOnScreen {
  readonly name: string;
  readonly apiKey: string;
  readonly configurations: readonly ClientConfiguration[];
  readonly message: string;
}

interface Secret {
  readonly issued: IssuedOnScreen;
  readonly copied: boolean;
}

const SECRET: ScreenName<Secret> = { name: 'secret' };

const SECRET_KIND: ScreenKind<Secret> = {
  ...SECRET,
  title: 'The new key',
  scrolls: true,
  isLeftOnlyBack: true,
  shortcuts: [
    { keystrokes: ['y'], text: 'copy the key to the clipboard (OSC 52)', hint: 'copy', perform: copy },
    { ...BACK, keystrokes: ['esc', 'enter', 'q'], text: 'leave and wipe it', hint: 'leave and wipe' },
  ],
  lines: secretLines,
};

/** Shows a new key, once. */
export function secretScreen(issued: IssuedOnScreen): Screen {
  return screen(SECRET_KIND, { issued, copied: false });
}

function copy(state: State): Step {
  const secret = topContent(state, SECRET);
  if (secret === undefined) return [state, []];
  const { apiKey: text } = secret.issued;
  return [withTop(state, SECRET, { ...secret, copied: true }), [{ effect: 'copy', text }]];
}

/** Writes a new key, once, and what to paste into clients. */
function secretLines({ issued, copied }: Secret, { size }: State, paint: TuiPaint): string[] {
  const { name, apiKey, configurations, message } = issued;
  const { columns } = size;
  const inner = Math.max(10, Math.min(columns - 4, apiKey.length));
  const rule = '─'.repeat(inner + 2);
  const box = wrap(apiKey, inner).map((line) => `│ ${paint('bold', line.padEnd(inner))} │`);
  const copy = copied
    ? paint('green', 'Sent to the clipboard, if this terminal allows it (OSC 52).')
    : `y copies it to the clipboard. Esc leaves this screen and wipes the key.`;
  return [
    ...wrap(message, columns),
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
