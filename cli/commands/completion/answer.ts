import type { Command } from 'commander';
import type { Cli } from '../../cli.ts';
import { complete } from '../../completion/candidates.ts';
import { createNames } from '../../completion/names.ts';
import type { Shell } from '../../completion/scripts.ts';
import { readTypedLine, shellWords, type TypedLine } from '../../input/shellWords.ts';
import { escape } from '../../../src/escape.ts';

/**
 * Answers the script of a shell. Fish passes the words that follow the name of the CLI, zsh as they are typed. Bash, which
 * breaks words at other places than it quotes them, passes the whole line, and the end of it that it will replace.
 */
export async function answerShell(cli: Cli, root: Command, shell: Shell): Promise<void> {
  const input = cli.commandLine ?? [];
  const [line = '', replaced = ''] = input;
  const words = wordsOf(shell, input);
  const configAt = words.indexOf('--config');
  const names = createNames({
    env: cli.env,
    cwd: cli.cwd,
    configFile: configAt === -1 ? undefined : words[configAt + 1],
  });
  const { candidates, files } = await complete(root, words, names);
  const write = WRITERS[shell](line, replaced);
  const lines = candidates.map(({ value, description }) => `${write(value)}\t${escape(description)}`);
  await cli.output.answerVerbatim({ files, candidates }, [files ? 'files' : 'words', ...lines].join('\n'));
}

function wordsOf(shell: Shell, input: readonly string[]): readonly string[] {
  if (shell === 'bash') return shellWords(input[0] ?? '').slice(1);
  return shell === 'zsh' ? input.map((word) => shellWords(word).join(' ')) : input;
}

/** How a candidate is written, so that its shell makes the same word of it. */
const WRITERS: Readonly<Record<Shell, (line: string, replaced: string) => (value: string) => string>> = {
  bash: (line, replaced) => {
    const { words, quote } = readTypedLine(
      line.endsWith(replaced) ? line.slice(0, line.length - replaced.length) : line,
    );
    // Bash takes what it gets as it would be typed, and within quotes, too.
    return (value) => withinQuotes(value.slice(words.at(-1)?.length), quote);
  },
  // _describe, which the script calls, takes what follows a colon for the description; zsh quotes what it inserts.
  zsh: () => (value) => value.replace(/[\\:]/g, '\\$&'),
  fish: () => (value) => value,
};

function withinQuotes(text: string, quote: TypedLine['quote']): string {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  // A command line of the history is put in the place of ! in double quotes, where no backslash helps.
  if (quote === '"') return text.replace(/[$`"\\]/g, '\\$&').replace(/!+/g, `"'$&'"`);
  return text.replace(/[^\p{L}\p{N}_./:=@%+,-]/gu, '\\$&');
}
