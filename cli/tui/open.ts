import { EXIT } from '../../src/exitCode.ts';
import { commandContext, type ClaimedActor } from '../stores/commandContext.ts';
import type { CliOptions } from '../openCli.ts';
import type { LogDestination } from '../../src/logging/logDestination.ts';
import type { Surroundings } from '../surroundings.ts';
import { holdLog } from './heldLog.ts';
import { openOpeningScreen, type OpeningScreen } from './opening/openingScreen.ts';

/** The options that may stand before no command. */
export type TuiOptions = Pick<CliOptions, 'configFile' | 'as'>;

const NO_OPTIONS: TuiOptions = { configFile: () => undefined, as: () => undefined };

/**
 * Draws the first frame, opens the stores and meanwhile loads the TUI, and runs it. @param options (Default: none was named)
 * @returns the exit code @throws Unavailable; Invalid `usage`
 */
export async function openTui(surroundings: Surroundings, options: TuiOptions = NO_OPTIONS): Promise<number> {
  const actor: ClaimedActor = { env: surroundings.env, as: options.as };
  // A name that can't be an actor's is refused before the screen is taken.
  commandContext(actor);
  // Before the screen, so that it is written behind it.
  using log = holdLog(surroundings.stderr);
  using opening = openOpeningScreen(surroundings);
  const running = run(surroundings, options, { opening, log, actor });
  running.catch(() => undefined);
  return await Promise.race([running, opening.left]);
}

interface Running {
  readonly opening: OpeningScreen;
  readonly log: LogDestination;
  readonly actor: ClaimedActor;
}

async function run(surroundings: Surroundings, options: TuiOptions, { opening, log, actor }: Running): Promise<number> {
  // React's other build measures every render, and keeps what it has measured.
  process.env['NODE_ENV'] ??= 'production';
  const [{ openCli }, { openOutput }] = await Promise.all([import('../openCli.ts'), import('../output/output.ts')]);
  const loading = import('./main.ts').then(({ runTui }) => runTui);
  loading.catch(() => undefined);
  const cli = openCli({
    surroundings,
    output: openOutput({ ...surroundings, json: false }),
    commandLine: undefined,
    ...options,
    // A screen reader reads what is written to stderr.
    onWaiting: opening.isDrawn ? opening.show : undefined,
    logTo: opening.isDrawn ? log : undefined,
  });
  return await cli.withStores(async (opened) => {
    const runTui = await loading;
    if (opening.isOver) return EXIT.done;
    return await runTui({ ...opened, commandContext: () => commandContext(actor) }, surroundings, opening);
  });
}
