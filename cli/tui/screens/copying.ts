import { withCliName } from '../../../src/cliName.ts';
import { escape } from '../../../src/escape.ts';
import { commandText } from '../../views/serverView.ts';
import type { Job, Shortcut, State, Step } from '../frame/model.ts';
import { openPane, topScreen, withError } from '../frame/state.ts';

/** The commands that do the same as the place where the user is. */
function commandsHere(state: State): readonly (readonly string[])[] {
  const top = topScreen(state);
  if (top === undefined) return openPane(state)?.commands?.(state) ?? [];
  return top.kind.commands?.(top.content, state) ?? [];
}

/** What one refers to where the user is: an id or a name. */
function subjectHere(state: State): string | undefined {
  const top = topScreen(state);
  return top === undefined ? openPane(state)?.subject?.(state) : top.kind.subject?.(top.content, state);
}

function copied(state: State, text: string): Step {
  const shown = escape(text.split('\n')[0] ?? '');
  const more = text.includes('\n') ? ' …' : '';
  return [
    { ...state, notice: { tone: 'done', text: `Copied: ${shown}${more}`, sinceMs: state.nowMs } },
    [{ effect: 'copy', text }],
  ];
}

/** Shows and copies the commands that do the same. */
export function copyCommands(state: State): Step {
  const commands = commandsHere(state);
  if (commands.length === 0) return withError(state, 'There is no command for what is shown here.');
  return copied(state, commandLines(commands, state));
}

/** Writes commands as they would be typed, a line each. */
function commandLines(commands: readonly (readonly string[])[], { programName }: State): string {
  return commands.map((words) => withCliName(commandText('metamcp-cli', words), programName)).join('\n');
}

/** The commands that do the same as a job. */
export function commandsOf({ kind, input }: Job, nowMs: number): readonly (readonly string[])[] {
  return kind.commands?.(input, nowMs) ?? [];
}

/** Copies what one refers to by. */
function copySubject(state: State): Step {
  const subject = subjectHere(state);
  return subject === undefined ? withError(state, 'There is nothing here to copy.') : copied(state, subject);
}

export const COPYING: readonly Shortcut[] = [
  { keystrokes: ['y'], text: 'copy the id, or the name (OSC 52)', perform: copySubject },
  { keystrokes: ['Y'], text: 'show and copy the command that does the same', perform: copyCommands },
];
