import { FROM_ENVIRONMENT } from '../../../clients/client.ts';
import type { ClientConfiguration } from '../../../clients/clientConfiguration.ts';
import { desktopVariableText } from '../../../clients/desktopVariable.ts';
import { escape } from '../../../../src/escape.ts';
import type { Screen, ScreenKind, ScreenName, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { screen, topContent, withError, withTop } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { displayWidth, truncate } from '../../../output/width.ts';
import { marked, MARKS } from '../../frame/text/marked.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { wrapTokens } from '../../frame/text/wrapTokens.ts';
import { planWrite } from './writeScreen.ts';

/** A key that was just made: the only state that has a secret, gone when the screen is left. */
export interface IssuedOnScreen {
  readonly apiKey: string;
  readonly configurations: readonly ClientConfiguration[];
  readonly message: string;
}

interface Secret {
  readonly issued: IssuedOnScreen;
  readonly copied: 'key' | 'client' | undefined;
  /** The client whose configuration is shown. */
  readonly client: number;
}

const SECRET: ScreenName<Secret> = { name: 'secret' };

const SECRET_KIND: ScreenKind<Secret> = {
  ...SECRET,
  title: 'The new key',
  scrolls: true,
  isLeftOnlyBack: true,
  shortcuts: [
    { keystrokes: ['y'], text: 'copy the key to the clipboard (OSC 52)', hint: 'copy the key', perform: copyKey },
    { keystrokes: ['Y'], text: 'copy what the client needs', hint: 'copy for the client', perform: copyClient },
    { keystrokes: ['w'], text: 'write it into the client’s file', hint: 'write it', perform: writeClient },
    { keystrokes: ['right', 'l'], text: 'to the next client', hint: 'next client', perform: (state) => goBy(state, 1) },
    { keystrokes: ['left', 'h'], text: 'to the client before', perform: (state) => goBy(state, -1) },
    { ...BACK, keystrokes: ['esc', 'enter', 'q'], text: 'leave and wipe it', hint: 'leave and wipe' },
  ],
  lines: secretLines,
};

/** Shows a new key, once. */
export function secretScreen(issued: IssuedOnScreen): Screen {
  return screen(SECRET_KIND, { issued, copied: undefined, client: 0 });
}

function copyKey(state: State): Step {
  const secret = topContent(state, SECRET);
  if (secret === undefined) return [state, []];
  const { apiKey: text } = secret.issued;
  return [withTop(state, SECRET, { ...secret, copied: 'key' }), [{ effect: 'copy', text }]];
}

/** Copies it as one piece: on the screen a long line is broken or cut. */
function copyClient(state: State): Step {
  const secret = topContent(state, SECRET);
  const text = secret?.issued.configurations[secret.client]?.text;
  if (secret === undefined || text === undefined) return [state, []];
  return [withTop(state, SECRET, { ...secret, copied: 'client' }), [{ effect: 'copy', text }]];
}

function writeClient(state: State): Step {
  const secret = topContent(state, SECRET);
  const shown = secret?.issued.configurations[secret.client];
  if (shown === undefined) return [state, []];
  if (shown.name === undefined) return withError(state, 'It is a command, and belongs into no file: Y copies it.');
  return planWrite(state, shown.name);
}

function goBy(state: State, step: 1 | -1): Step {
  const secret = topContent(state, SECRET);
  if (secret === undefined) return [state, []];
  const count = secret.issued.configurations.length;
  const client = count === 0 ? 0 : (secret.client + step + count) % count;
  return [withTop(state, SECRET, { ...secret, client, copied: undefined }), []];
}

/** A command that is broken could not be copied: it gets a line of its own. */
function fromEnvironment(columns: number): string[] {
  const parts = displayWidth(FROM_ENVIRONMENT) <= columns ? [FROM_ENVIRONMENT] : FROM_ENVIRONMENT.split(/(?<=:) /);
  return parts.flatMap((part) => wrap(part, columns));
}

/** Writes a new key, once, and what to paste into clients. */
function secretLines({ issued, copied, client: at }: Secret, { size }: State, paint: TuiPaint): string[] {
  const { apiKey, configurations, message } = issued;
  const { columns } = size;
  const inner = Math.max(10, Math.min(columns - 4, apiKey.length));
  const rule = '─'.repeat(inner + 2);
  const box = wrap(apiKey, inner).map((line) => `│ ${paint('bold', line.padEnd(inner))} │`);
  const sent = marked(
    truncate('✓ Sent to the clipboard, if this terminal allows it (OSC 52).', columns),
    MARKS.good,
    paint,
  );
  const copy = `y copies it to the clipboard. Esc leaves this screen and wipes the key.`;
  const shown = configurations[at];
  const clientLines = ({ name: ofFile, client, where, text, next }: ClientConfiguration): string[] => [
    '',
    ...wrap(
      `‹ ${client}${where === undefined ? '' : ` (${escape(where)})`} ›  ${at + 1} of ${configurations.length}`,
      columns,
    ).map((line) => paint('bold', line)),
    ...wrapTokens(text, columns, where === undefined ? ' \\' : ''),
    '',
    ...(next === FROM_ENVIRONMENT
      ? [...fromEnvironment(columns), ...wrap(desktopVariableText(process.platform), columns)]
      : wrap(next, columns)),
    copied === 'client'
      ? sent
      : paint(
          'dim',
          truncate(`Y copies it${ofFile === undefined ? '' : ', w writes it'}. ← → show other clients.`, columns),
        ),
  ];
  return [
    ...wrap(message, columns).map((line) => paint('bold', line)),
    ...wrap('It is shown this once: keep it where you keep passwords.', columns),
    '',
    `┌${rule}┐`,
    ...box,
    `└${rule}┘`,
    ...(copied === 'key' ? [sent] : wrap(copy, columns)),
    ...(shown === undefined ? [] : clientLines(shown)),
  ];
}
