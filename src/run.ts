import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { CLI_HERE, withCliName } from './cliName.ts';
import { AppError } from './errors/appError.ts';
import { reasonOf } from './errors/reason.ts';
import { EXIT } from './exitCode.ts';
import { exitCodeOf } from './exitCodeOf.ts';
import { systemClock } from './clock.ts';
import { foreignFault } from './foreignFault.ts';
import { startGateway } from './gateway.ts';
import { openLogDestination, type LogDestination } from './logging/logDestination.ts';
import { switchLevelOnSignal } from './logging/levelSwitch.ts';
import { createLogger, type Logger } from './logging/logger.ts';
import { readConfiguration, type Settings } from './settings/settings.ts';
import { createServiceNotifier } from './serviceNotifier.ts';
import { SettingsRereading } from './settingsRereading.ts';
import { openCertificate } from './tls/certificate.ts';
import { VERSION } from './version.ts';
import type { WorkerLink, WorkerStop } from './workers/workerLink.ts';
import type { WorkerProgram } from './workers/workerProcess.ts';
import { openStores } from './stores/stores.ts';

/** What a gateway's process gets from outside. */
export interface GatewaySurroundings {
  readonly configFile?: string | undefined;
  /** That of the option. (Default: that of the settings) */
  readonly workers?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Gets the sentence that says why the gateway ends. */
  readonly stderr: Writable;
  /** A person looks at it. (Default: false) */
  readonly isTerminal?: boolean;
  /** (Default: the process's stderr) */
  readonly log?: LogDestination;
  /** SIGHUP has it read its settings again. (Default: false) */
  readonly rereadsOnHangUp?: boolean;
  /** How this program is started as a worker. (Default: it is none that can be) */
  readonly program?: WorkerProgram | undefined;
  /** This process is a worker. (Default: it is none) */
  readonly worker?: WorkerLink | undefined;
  /** Ends what a start waits for. */
  readonly stopping: AbortSignal;
  /** The name of the signal that ends the gateway, once it has come. */
  readonly stopped: Promise<string | WorkerStop>;
}

/** Runs a gateway until it is stopped. @returns the exit code, as of the CLI */
export async function runGateway(surroundings: GatewaySurroundings): Promise<number> {
  try {
    return await serve(surroundings);
  } catch (failure) {
    const error = foreignFault(failure) ?? failure;
    surroundings.stderr.write(`${withCliName(describe(error), CLI_HERE)}\n`);
    return exitCodeOf(error);
  }
}

/** For a person who has just started it. */
const NEXT_STEPS = `
  Next, in another terminal:  ${CLI_HERE} init   adds your servers, makes a key and connects a client
                              ${CLI_HERE}        opens the terminal interface
  To stop the gateway: Ctrl-C

`;

async function serve(surroundings: GatewaySurroundings): Promise<number> {
  const { configFile, workers, env, cwd, stderr, log, program, worker, stopping, stopped } = surroundings;
  const read = () => readConfiguration({ configFile, workers, env, cwd });
  const configuration = read();
  const { settings } = configuration;
  const { logLevel, logFormat, accessLog } = settings;
  const lines = log ?? openLogDestination({ format: logFormat, buffered: true, worker: worker?.place.number });
  const logger = createLogger(worker?.logLevel ?? logLevel, lines);
  const isSupervisor = worker === undefined && program !== undefined && settings.workers > 1;
  // All workers have the same settings.
  if (worker === undefined) for (const warning of configuration.warnings) logger.warn(warning);
  const notify = createServiceNotifier({ env, logger });
  if (isSupervisor) {
    const { supervise } = await import('./supervise.ts');
    return await supervise({
      settings,
      program,
      logger,
      notify,
      rereading: { configuration, read },
      rereadsOnHangUp: surroundings.rereadsOnHangUp === true,
      onReady: () => surroundings.isTerminal === true && stderr.write(NEXT_STEPS),
      stopped: stopped.then(String),
    });
  }
  using _ = switchLevelOnSignal(logger);
  using rereading = new SettingsRereading({ configuration, read, logger, notify });
  if (surroundings.rereadsOnHangUp === true) rereading.followSignal();
  if (worker !== undefined) {
    worker.onReread = () => rereading.reread();
    worker.onLogLevel = (level) => void (logger.level = level);
  }
  using certificate = await openServedCertificate(settings.tls, logger);
  await using tracer = await openTracing(settings.tracing, logger);
  await using stores = await openStores({ settings, logger, tracer, applicationName: 'metamcp gateway' });
  await using gateway = await startGateway({
    settings: worker === undefined ? settings : shareOfWorker(settings),
    stores,
    logger,
    tracer,
    accessLines: accessLog ? lines : undefined,
    certificate,
    stopping,
    worker,
  });
  if (worker === undefined) {
    const home = settings.databaseUrl === undefined ? settings.home : undefined;
    logger.info({ url: gateway.url, metrics: gateway.metricsUrl, home }, 'MetaMCP is ready');
  } else logger.info({ pid: process.pid }, 'a worker is ready');
  if (surroundings.isTerminal === true) stderr.write(NEXT_STEPS);
  rereading.serve(gateway);
  await notify.ready();
  using _watchdog = notify.watch();
  const stop = await stopped;
  const { isReplaced } = typeof stop === 'string' ? {} : stop;
  logger.info(typeof stop === 'string' ? { signal: stop } : stop, 'stopping');
  await notify.stopping();
  await gateway.retire({ ...rereading.settings.stop, isReplaced });
  return EXIT.done;
}

/** Programs of servers are bounded for the machine, so each worker may have its part of them. */
function shareOfWorker(settings: Settings): Settings {
  const { stdio, workers } = settings;
  const share = (all: number): number => Math.ceil(all / workers);
  return {
    ...settings,
    stdio: {
      ...stdio,
      maxPrograms: share(stdio.maxPrograms),
      maxProgramsPerServer: share(stdio.maxProgramsPerServer),
      maxProgramsPerKey: share(stdio.maxProgramsPerKey),
    },
  };
}

/** Before the stores: what is wrong with its files is said at once. */
async function openServedCertificate({ certFile, keyFile }: Settings['tls'], logger: Logger) {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return openCertificate({ files: { certFile, keyFile }, clock: systemClock, logger });
}

/** Opens what sends traces, where somebody collects them; else not even its modules are loaded. */
async function openTracing({ otlpEndpoint: endpoint, otlpHeaders = '', ...rest }: Settings['tracing'], logger: Logger) {
  if (endpoint === undefined) return undefined;
  const { openTracer } = await import('./tracing/openTelemetry.ts');
  // As in W3C Baggage: the values are percent-encoded (OpenTelemetry, OTLP exporter, "Specifying headers via environment variables").
  const headers = otlpHeaders.split(',').flatMap((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return name === undefined || value === undefined ? [] : [[name, decodeURIComponent(value)]];
  });
  return openTracer({
    endpoint,
    headers: Object.fromEntries(headers) as Record<string, string>,
    version: VERSION,
    logger,
    ...rest,
  });
}

/** An AppError is one sentence with its code and cause, a bug has its stack. */
function describe(error: unknown): string {
  if (!(error instanceof AppError)) return inspect(error);
  const reason = error.kind === 'unavailable' ? reasonOf(error.cause) : undefined;
  return `metamcp: ${error.message} (${reason === undefined ? error.code : `${error.code}: ${reason}`})`;
}
