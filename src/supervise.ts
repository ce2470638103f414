import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from './embedded/embeddedPostgres.ts';
import { listen, urlOf } from './listen.ts';
import { switchLevelOnSignal } from './logging/levelSwitch.ts';
import type { Logger } from './logging/logger.ts';
import { ProcessFigures } from './metrics/processFigures.ts';
import { serveMetrics } from './metricsListener.ts';
import type { ServiceNotifier } from './serviceNotifier.ts';
import type { Settings } from './settings/settings.ts';
import { SettingsRereading, type SettingsRereadingOptions } from './settingsRereading.ts';
import { stopListening } from './stopListening.ts';
import { Handover } from './workers/handover.ts';
import { figuresOf } from './workers/metricFigures.ts';
import { supervisorMetrics } from './workers/supervisorMetrics.ts';
import { Workers } from './workers/workers.ts';
import { WorkerTotals } from './workers/workerTotals.ts';
import type { WorkerProgram } from './workers/workerProcess.ts';

export interface SupervisorOptions {
  readonly settings: Settings;
  readonly program: WorkerProgram;
  readonly logger: Logger;
  readonly notify: ServiceNotifier;
  readonly rereading: Omit<SettingsRereadingOptions, 'logger' | 'notify'>;
  readonly rereadsOnHangUp: boolean;
  /** Called when all is served. */
  readonly onReady: () => void;
  /** The name of the signal that ends it, once it has come. */
  readonly stopped: Promise<string>;
}

/** How the supervisor's own gauges are labelled. */
const SUPERVISOR = 'supervisor';

/**
 * Runs several workers that serve one port, until it is stopped. docs/adr/0030.
 * @returns the exit code of the first worker, where it does not start: it has said why
 * @throws Unavailable `port-unavailable`, `workers-failed`
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { settings, program, logger, notify, stopped } = options;
  const { workers: count } = settings;
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  // However many workers come and go, it stays.
  if (settings.databaseUrl === undefined)
    opened.use(await openEmbeddedPostgres({ stateFolder: settings.home, logger }));

  const totals = new WorkerTotals();
  const handover = new Handover(() => workers);
  const onLeftOver = (connection: Socket): void => handover.give(connection);
  const workers: Workers = new Workers({
    count,
    group: randomUUID(),
    folder,
    program,
    logger,
    totals,
    onLeftOver,
    onLastLeave: () => (isStopping ? stopListening(handover.server) : Promise.resolve()),
    onChange() {
      handover.giveWaiting();
      if (isStopping && ![...workers].some(({ takes }) => takes)) handover.end();
    },
  });
  let isStopping = false;
  opened.defer(() => handover.end());
  opened.defer(() => workers.stop());
  using _level = switchLevelOnSignal(logger, (level) => workers.setLogLevel(level));
  using rereading = new SettingsRereading({ ...options.rereading, logger, notify });
  if (options.rereadsOnHangUp) rereading.followSignal();

  /** A signal that comes during the start is of no use: the workers are new. */
  let isReady = false;
  const onRoll = (): void => {
    if (isReady) {
      void notify
        .reloading()
        .then(() => workers.roll())
        .then(() => (isStopping ? undefined : notify.ready()));
    }
  };
  process.on('SIGUSR1', onRoll);
  opened.defer(() => void process.off('SIGUSR1', onRoll));

  const stop = stopped.then(async (signal) => {
    isStopping = true;
    logger.info({ signal }, 'stopping');
    await notify.stopping();
    await workers.stop();
    return undefined;
  });
  // Before a worker is started: a port that is not free is found at once.
  await listen(handover.server, settings);
  const end = await Promise.race([workers.start(), workers.failed, stop]);
  if (isStopping) {
    await stop;
    return 0;
  }
  if (end !== undefined) return end.code ?? 1;

  const figures = new ProcessFigures();
  const own = [...figures.metrics, ...supervisorMetrics(workers)];
  const metrics =
    settings.metrics.port === undefined
      ? undefined
      : opened.use(
          await serveMetrics(
            settings,
            {
              metrics: totals,
              async refresh() {
                await Promise.all([workers.collect(), figures.refresh()]);
                totals.note(SUPERVISOR, SUPERVISOR, { metrics: figuresOf(own), servers: undefined });
              },
            },
            logger,
          ),
        );
  const scheme = settings.tls.certFile === undefined ? 'http' : 'https';
  const url = urlOf(settings.host, handover.server.address() as AddressInfo, scheme);
  const home = settings.databaseUrl === undefined ? settings.home : undefined;
  logger.info({ url, metrics: metrics?.url, home, workers: count }, 'MetaMCP is ready');
  if (count > availableParallelism())
    logger.warn({ workers: count, cores: availableParallelism() }, 'there are more workers than cores');
  isReady = true;
  options.onReady();
  rereading.serve({
    reread() {
      void workers.reread();
    },
  });
  await notify.ready();
  using _watchdog = notify.watch();
  await Promise.race([stop, workers.failed]);
  return 0;
}
