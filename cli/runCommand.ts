import { CommanderError, type Command } from 'commander';
import { EXIT } from '../src/exitCode.ts';
import { createCommandLine, VersionRequest, type RootOptions } from './commandLine.ts';
import { describeCommands } from './describedCommands.ts';
import { openCli } from './openCli.ts';
import { openOutput, type Output } from './output/output.ts';
import { PipeClosed } from './output/pipe.ts';
import { isTerminal, type Surroundings } from './surroundings.ts';

/** Runs what the command line names. @returns the exit code */
export async function runCommand(surroundings: Surroundings): Promise<number> {
  const { argv, stdout } = surroundings;
  // Commander forgets the `--` before it gets to a subcommand, and would read a server's options as ours.
  const dashes = argv.indexOf('--');
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  const commandLine = dashes === -1 ? undefined : argv.slice(dashes + 1);

  const output = openOutput({ ...surroundings, json: own.includes('--json') });
  const help: string[] = [];
  const open = (options: RootOptions) => openCli({ surroundings, output, commandLine, ...options });
  const { root, cli } = createCommandLine({ width: output.width, onHelp: (text) => void help.push(text), open });
  try {
    // Without a command, a person gets the TUI, or where nothing can be typed what there is; a script has made a mistake.
    const word = firstWord(root, own);
    if (isTerminal(surroundings) && !namesCommand(root, own)) {
      const { openTui } = await import('./tui/open.ts');
      const { config, as } = root.opts<{ config?: string; as?: string }>();
      return await openTui(surroundings, { configFile: () => config, as: () => as });
    }
    await describeCommands(root, cli, word);
    if (argv.length === 0 && stdout.isTTY === true) root.outputHelp();
    else await root.parseAsync(own, { from: 'user' });
    if (help.length > 0) await answerHelp(output, help.join(''));
    return EXIT.done;
  } catch (error) {
    if (error instanceof PipeClosed) return EXIT.done;
    if (error instanceof CommanderError && error.exitCode === 0) {
      await answerHelp(output, help.join(''));
      return EXIT.done;
    }
    if (error instanceof VersionRequest) {
      const { VERSION } = await import('../src/version.ts');
      await output.answer({ version: VERSION }, () => VERSION);
      return EXIT.done;
    }
    const [{ reportError }, { errorOfParser }] = await Promise.all([
      import('./output/reportError.ts'),
      import('./input/parserError.ts'),
    ]);
    return await reportError(surroundings, errorOfParser(error, root, own), output);
  }
}

/** What stands first besides options. @returns undefined: nothing, or the parser will say what is wrong with the options */
function firstWord(root: Command, own: readonly string[]): string | undefined {
  try {
    return root.parseOptions([...own]).operands[0];
  } catch (error) {
    if (error instanceof CommanderError) return undefined;
    throw error;
  }
}

/** Whether there is more on the command line than the settings file and the name of the user. */
function namesCommand(root: Command, own: readonly string[]): boolean {
  const { operands, unknown } = root.parseOptions([...own]);
  return operands.length > 0 || unknown.length > 0 || root.opts<{ json?: boolean }>().json === true;
}

async function answerHelp(output: Output, text: string): Promise<void> {
  await output.answer({ help: text }, () => text.trimEnd());
}
