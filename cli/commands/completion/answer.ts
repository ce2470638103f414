import type { Command } from 'commander';
import type { Cli } from '../../cli.ts';
import { complete } from '../../completion/candidates.ts';
import { createNames } from '../../completion/names.ts';
import type { Shell } from '../../completion/scripts.ts';
import { shellWords } from '../../input/shellWords.ts';
import { escape } from '../../../src/escape.ts';

/**
 * Answers the script of a shell, which passes the words that follow the name of the CLI; bash, which breaks words at
 * other places than it quotes them, the whole line and its word breaks.
 */
export async function answerShell(cli: Cli, root: Command, shell: Shell): Promise<void> {
  const input = cli.commandLine ?? [];
  const [line = '', breaks = ''] = input;
  const words = shell === 'bash' ? shellWords(line).slice(1) : input;
  const configAt = words.indexOf('--config');
  const names = createNames({
    env: cli.env,
    cwd: cli.cwd,
    configFile: configAt === -1 ? undefined : words[configAt + 1],
  });
  const { candidates, files } = await complete(root, words, names);
  const skipped = shell === 'bash' ? lengthBeforeBreak(words.at(-1) ?? '', breaks) : 0;
  const isPlain = shell !== 'bash' || /(?:^|\s)["'][^"']*$/.test(line);
  const lines = candidates.map(({ value, description }) => {
    const rest = value.slice(skipped);
    return `${isPlain ? rest : quoted(rest)}\t${escape(description)}`;
  });
  await cli.output.answerVerbatim({ files, candidates }, [files ? 'files' : 'words', ...lines].join('\n'));
}

/** Bash puts the candidate in the place of what follows the last word break: what comes before stays as it is. */
function lengthBeforeBreak(word: string, breaks: string): number {
  return Math.max(...[':', '='].filter((sign) => breaks.includes(sign)).map((sign) => word.lastIndexOf(sign)), -1) + 1;
}

/** Bash takes what it gets as it would be typed; the other shells quote it themselves, and bash within quotes. */
function quoted(text: string): string {
  return text.replace(/[^\p{L}\p{N}_./:=@%+,*-]/gu, '\\$&');
}
