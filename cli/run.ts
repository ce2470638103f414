import { isTerminal, type Surroundings } from './surroundings.ts';

/** Runs one command. @returns the exit code: 0 done, 1 refused or not found, 2 wrong usage, 3 a store can't be reached */
export async function runCli(surroundings: Surroundings): Promise<number> {
  if (surroundings.argv.length > 0 || !isTerminal(surroundings)) {
    const { runCommand } = await import('./runCommand.ts');
    return await runCommand(surroundings);
  }
  // There is no command line to read; to load what reads it would take longer than the first frame may.
  const { openTui } = await import('./tui/open.ts');
  try {
    return await openTui(surroundings);
  } catch (error) {
    const { reportError } = await import('./output/reportError.ts');
    return await reportError(surroundings, error);
  }
}
