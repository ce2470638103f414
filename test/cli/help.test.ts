import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../../cli/completion/candidates.ts';
import { shellWords } from '../../cli/input/shellWords.ts';
import { EXAMPLES } from '../../cli/help/examples.ts';
import { describedCommands, describedCommandLine } from './commandTree.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

let cli: InProcessCli;
beforeAll(async () => {
  cli = await openInProcessCli('postgresql://nobody@127.0.0.1:1/nowhere');
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

const commands = describedCommands(await describedCommandLine());

/** The words of an example that the CLI gets: what stands between a pipe and a redirection. */
function argumentsOf(example: string): string[] {
  const [, own = ''] = /(?:^|\| )metamcp-cli (.*?)(?: [|<>].*)?$/.exec(example) ?? [];
  return shellWords(own);
}

/** Parses a command line as far as the command that would run. @returns its path @throws what the parser throws */
async function parsed(words: readonly string[]): Promise<string> {
  const dashes = words.indexOf('--');
  const own = dashes === -1 ? words : words.slice(0, dashes);
  const root = await describedCommandLine(dashes === -1 ? undefined : words.slice(dashes + 1));
  let ran = '';
  for (const { command, runs } of describedCommands(root)) {
    if (runs) command.action(() => void (ran = pathOf(command)));
  }
  await root.parseAsync([...own], { from: 'user' });
  return ran;
}

describe('help', () => {
  it('there is an example for every command, and none for what is no command [cli-examples]', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(commands.map(({ path }) => path).sort());
  });

  it.each(Object.entries(EXAMPLES).flatMap(([path, examples]) => examples.map((example) => [path, example] as const)))(
    'of %s shows a command line that is understood: %s [cli-examples]',
    async (path, example) => {
      const ran = await parsed(argumentsOf(example));
      const isGroup = commands.some((each) => each.path === path && !each.runs);
      expect(isGroup ? ran.startsWith(path) : ran === path).toBe(true);
    },
  );

  it('a command line that is not understood would be found', async () => {
    await expect(parsed(argumentsOf('metamcp-cli keys create --nome x'))).rejects.toThrow();
    await expect(parsed(argumentsOf('metamcp-cli keys list -- npx'))).rejects.toThrow();
    expect(argumentsOf('cat x | metamcp-cli keys verify --file - > y')).toEqual(['keys', 'verify', '--file', '-']);
  });

  it.each(commands.map(({ path }) => path))('of %s ends with its examples [cli-examples]', async (path) => {
    const words = path.split(' ');
    const { code, stdout, stderr } = await cli.run([...words, '--help'], { columns: 80 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const example of EXAMPLES[path] ?? []) expect(stdout).toContain(`\n  ${example}\n`);
  });
});
