import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { CLI_HERE, withCliName } from './cliName.ts';
import { AppError } from './errors/appError.ts';
import { reasonOf } from './errors/reason.ts';
import { EXIT, exitCodeOf } from './exitCode.ts';
import { foreignFault } from './foreignFault.ts';
import { startGateway } from './gateway.ts';
import { createLogger, type LogDestination } from './logging/logger.ts';
import { readSettings } from './settings/settings.ts';
import { openStores } from './stores/stores.ts';

/** What a gateway's process gets from outside. */
export interface GatewaySurroundings {
  readonly configFile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Gets the sentence that says why the gateway ends. */
  readonly stderr: Writable;
  /** (Default: the process's stderr) */
  readonly log?: LogDestination;
  /** Ends what a start waits for. */
  readonly stopping: AbortSignal;
  /** The name of the signal that ends the gateway, once it has come. */
  readonly stopped: Promise<string>;
}

/** Runs a gateway until it is stopped. @returns the exit code, as of the CLI */
export async function runGateway(surroundings: GatewaySurroundings): Promise<number> {
  try {
    await serve(surroundings);
    return EXIT.done;
  } catch (failure) {
    const error = foreignFault(failure) ?? failure;
    surroundings.stderr.write(`${withCliName(describe(error), CLI_HERE)}\n`);
    return exitCodeOf(error);
  }
}

async function serve({ configFile, env, cwd, log, stopping, stopped }: GatewaySurroundings): Promise<void> {
  const settings = readSettings({ configFile, env, cwd });
  const logger = createLogger(settings.logLevel, log);
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp gateway' });
  await using gateway = await startGateway({ settings, stores, logger, stopping });
  logger.info(
    {
      url: gateway.url,
      metrics: gateway.metricsUrl,
      home: settings.databaseUrl === undefined ? settings.home : undefined,
    },
    'MetaMCP is ready',
  );
  logger.info({ signal: await stopped }, 'stopping');
}

/** An AppError is one sentence with its code and cause, a bug has its stack. */
function describe(error: unknown): string {
  if (!(error instanceof AppError)) return inspect(error);
  const reason = error.kind === 'unavailable' ? reasonOf(error.cause) : undefined;
  return `metamcp: ${error.message} (${reason === undefined ? error.code : `${error.code}: ${reason}`})`;
}
