import type { Cli } from '../cli.ts';
import { commandContext } from '../stores/commandContext.ts';
import type { Surroundings } from '../surroundings.ts';
import { holdKeystrokes } from './heldKeystrokes.ts';

/** Opens the stores, and meanwhile loads the TUI; runs it. @returns the exit code @throws Unavailable; Invalid `usage` */
export async function openTui(cli: Cli, surroundings: Surroundings): Promise<number> {
  // A name that can't be an actor's is refused before the screen is taken.
  commandContext(cli);
  using _keystrokes = holdKeystrokes(surroundings.stdin);
  // React's other build measures every render, and keeps what it has measured.
  process.env['NODE_ENV'] ??= 'production';
  const loading = import('./main.ts').then(({ runTui }) => runTui);
  loading.catch(() => undefined);
  return await cli.withStores(async (opened) =>
    (await loading)({ ...opened, commandContext: () => commandContext(cli) }, surroundings),
  );
}
