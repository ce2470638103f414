import type { Command } from 'commander';

/** Tells whether a word names a command, by its name or an alias. */
export function isCalled(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}
