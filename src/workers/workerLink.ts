import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Unavailable } from '../errors/appError.ts';
import { figuresOf } from './metricFigures.ts';
import type { Metric } from '../metrics/metric.ts';
import { PROTOCOL, type FromWorker, type ServingWorker, type ToWorker, type WorkerFigures } from './workerMessages.ts';
import { doorOf, type WorkerPlace } from './workerPlace.ts';

/** What a worker reports of its metrics. */
export interface ReportedMetrics {
  readonly metrics: Iterable<Metric>;
  /** As in Exposer. */
  readonly refresh: () => Promise<unknown>;
  readonly servers: () => Iterable<string> | undefined;
}

/** Why a worker is to end. */
export interface WorkerStop {
  /** Another worker has its place: its clients find nothing amiss, and are not to be sent away. */
  readonly isReplaced: boolean;
}

/** How often a worker tells that it is alive, in milliseconds. */
const ALIVE_MS = 2_000;

/** How long it gathers what it tells of closed connections, in milliseconds. */
const GATHER_MS = 20;

/** How often it reports its figures unasked, in milliseconds: so much of them is lost when it is killed. */
const REPORT_MS = 5_000;

/** A worker's side of its supervisor: this process is one of several that listen together. */
export class WorkerLink {
  readonly place: WorkerPlace;
  /** Resolves when it is to end; the supervisor's own end, too, means so. */
  readonly stopped: Promise<WorkerStop>;
  /** That of the other workers, where it was changed; undefined: that of the settings. */
  readonly logLevel: string | undefined;
  /** Called when the settings are to be read again. */
  onReread: () => Promise<void> = () => Promise.resolve();
  onLogLevel: (level: string) => void = () => undefined;
  #server: Server | undefined;
  #reported: ReportedMetrics | undefined;
  #closed = 0;
  #serving: readonly ServingWorker[] = [];
  readonly #left = Promise.withResolvers<undefined>();
  readonly #stop = Promise.withResolvers<WorkerStop>();

  private constructor({ place, logLevel }: Extract<ToWorker, { type: 'start' }>) {
    this.place = place;
    this.logLevel = logLevel;
    this.stopped = this.#stop.promise;
    process.on('message', (message: ToWorker, connection: Socket | undefined) => this.#receive(message, connection));
    process.once('disconnect', () => {
      this.#left.resolve(undefined);
      this.#stop.resolve({ isReplaced: false });
      rmSync(place.folder, { recursive: true, force: true });
    });
    setInterval(() => this.#send({ type: 'alive' }), ALIVE_MS).unref();
  }

  /** How the workers of this machine find one another. */
  get peers() {
    const { id, group, folder } = this.place;
    return { id, group, serving: () => this.#serving, doorOf: (other: string) => doorOf(folder, other) };
  }

  /** Meets the supervisor that has started this process. @throws Unavailable `supervisor-missing` */
  static async open(): Promise<WorkerLink> {
    if (process.send === undefined)
      throw new Unavailable('supervisor-missing', 'A worker is started by metamcp itself: use metamcp --workers N.');
    const early: [ToWorker, Socket | undefined][] = [];
    const started = Promise.withResolvers<Extract<ToWorker, { type: 'start' }>>();
    const listen = (message: ToWorker, connection: Socket | undefined): void => {
      if (message.type === 'start') started.resolve(message);
      else early.push([message, connection]);
    };
    process.on('message', listen);
    process.send({ type: 'hello', protocol: PROTOCOL } satisfies FromWorker);
    const link = new WorkerLink(await started.promise);
    process.off('message', listen);
    for (const [message, connection] of early) link.#receive(message, connection);
    return link;
  }

  /** Has a server take what the supervisor accepts, and what the other workers pass on. */
  async serve(server: Server): Promise<void> {
    server.listen(doorOf(this.place.folder, this.place.id));
    await once(server, 'listening');
    this.#server = server;
    this.#send({ type: 'ready' });
  }

  /** Takes no more connections. Resolves when all have come that were given. */
  async leave(): Promise<void> {
    this.#send({ type: 'leave' });
    await this.#left.promise;
  }

  /** Reports metrics from now on. Disposing reports them for the last time. */
  report(reported: ReportedMetrics): AsyncDisposable {
    this.#reported = reported;
    const timer = setInterval(() => this.#sendFigures(), REPORT_MS).unref();
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        this.#reported = undefined;
        await this.#sent({ type: 'figures', figures: figuresNow(reported) });
      },
    };
  }

  /** Has the other workers log as this one does. */
  spreadLogLevel(level: string): void {
    this.#send({ type: 'logLevel', level });
  }

  #send(message: FromWorker): void {
    void this.#sent(message);
  }

  #sent(message: FromWorker): Promise<undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // The supervisor may be gone: `disconnect` says so.
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve(undefined));
    else resolve(undefined);
    return promise;
  }

  #sendFigures(): void {
    if (this.#reported !== undefined) this.#send({ type: 'figures', figures: figuresNow(this.#reported) });
  }

  #receive(message: ToWorker, connection: Socket | undefined): void {
    switch (message.type) {
      case 'start':
        break;
      case 'connection':
        this.#take(message.id, connection);
        break;
      case 'left':
        this.#left.resolve(undefined);
        break;
      case 'stop':
        this.#stop.resolve({ isReplaced: message.isReplaced });
        break;
      case 'workers':
        this.#serving = message.serving;
        break;
      case 'reread':
        void this.onReread().then(() => this.#send({ type: 'reread' }));
        break;
      case 'logLevel':
        this.onLogLevel(message.level);
        break;
      case 'collect': {
        const refreshed = this.#reported?.refresh() ?? Promise.resolve();
        void refreshed.then(() => this.#sendFigures());
        break;
      }
    }
  }

  #take(id: number, connection: Socket | undefined): void {
    this.#send({ type: 'taken', id });
    if (connection === undefined || this.#server === undefined) {
      // It has closed on its way.
      connection?.destroy();
      this.#noteClosed();
      return;
    }
    // As Node's HTTP server has it for what it accepts itself: a client may end its side once it has asked.
    connection.allowHalfOpen = true;
    connection.once('close', () => this.#noteClosed());
    this.#server.emit('connection', connection);
  }

  #noteClosed(): void {
    this.#closed += 1;
    if (this.#closed > 1) return;
    setTimeout(() => {
      this.#send({ type: 'closed', count: this.#closed });
      this.#closed = 0;
    }, GATHER_MS);
  }
}

function figuresNow({ metrics, servers }: ReportedMetrics): WorkerFigures {
  const names = servers();
  return { metrics: figuresOf(metrics), servers: names === undefined ? undefined : [...names] };
}
