import type { Command } from 'commander';
import { EXAMPLES } from './examples.ts';

/** Ends the help of each command with its examples. */
export function addExamples(root: Command): void {
  for (const command of root.commands) addTo(command, command.name());
}

function addTo(command: Command, path: string): void {
  const examples = EXAMPLES[path];
  if (examples !== undefined) {
    const title = examples.length === 1 ? 'Example:' : 'Examples:';
    command.addHelpText('after', `\n${[title, ...examples.map((example) => `  ${example}`)].join('\n')}`);
  }
  for (const each of command.commands) addTo(each, `${path} ${each.name()}`);
}
