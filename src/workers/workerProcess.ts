import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from '../logging/logger.ts';
import { PROTOCOL, type FromWorker, type ServingWorker, type ToWorker, type WorkerFigures } from './workerMessages.ts';
import type { WorkerPlace } from './workerPlace.ts';

/** How a worker is started. */
export interface WorkerProgram {
  /** A script, and what follows it. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface WorkerProcessOptions {
  readonly program: WorkerProgram;
  readonly place: WorkerPlace;
  /** Undefined: that of its settings. */
  readonly logLevel: () => string | undefined;
  readonly logger: Logger;
  /** Gets connections that the worker has not taken, when it ends. */
  readonly onLeftOver: (connection: Socket) => void;
  /** It asks to get no more connections. Resolves when it may have its wish. */
  readonly onLeave: () => Promise<void>;
  /** It takes connections from now on, or does no more. */
  readonly onChange: () => void;
  readonly onLogLevel: (level: string) => void;
  /** Gets its last figures with its end. */
  readonly onFigures: (figures: WorkerFigures) => void;
  /** A worker from which nothing was heard for so long, in milliseconds, hangs. (Default: 30_000) */
  readonly silentMs?: number | undefined;
}

/** How a worker ended: its exit code, or the signal. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** It tells every 2 s that it is alive, also while it starts. */
const SILENT_MS = 30_000;

/** How often a worker is looked at within that time. */
const LOOKS = 10;

/** A worker that has not taken a connection for so long, in milliseconds, is left out of the choice: it may hang. */
const BEHIND_MS = 1_000;

/** A connection that was sent to a worker so long ago, in milliseconds, and not taken, though it is alive, has never come to it. */
const LOST_MS = 6_000;

/** How long a worker may take to collect its figures, in milliseconds: its stores have 3 s to answer. */
const COLLECT_MS = 4_000;

/** A connection, and since when a worker is to take it, by the steady clock in ms. */
interface Given {
  readonly connection: Socket;
  readonly at: number;
  /** Undefined while it waits for those before it: Node sends one after the other has come. */
  sentAt: number | undefined;
}

/** The supervisor's side of a worker. */
export class WorkerProcess {
  readonly place: WorkerPlace;
  /** Resolves when it takes connections. Rejects with how it ended, if it never did. */
  readonly ready: Promise<void>;
  readonly ended: Promise<WorkerEnd>;
  /** Of clients, that it has, or that were given to it. */
  connections = 0;
  /** Since when it takes connections, by the steady clock in ms; undefined: it has not begun. */
  readySince: number | undefined;
  readonly #options: WorkerProcessOptions;
  readonly #child: ChildProcess;
  /** Given to it, and not yet taken. */
  readonly #given = new Map<number, Given>();
  readonly #isReady = Promise.withResolvers<undefined>();
  #lastId = 0;
  #isGreeted = false;
  #isLeaving = false;
  #isEnded = false;
  /** How often it was looked at since it was heard. Not a time: this process may have been suspended itself. */
  #looks = 0;
  #collecting: PromiseWithResolvers<undefined> | undefined;
  #rereading: PromiseWithResolvers<undefined> | undefined;

  constructor(options: WorkerProcessOptions) {
    const { place, program } = options;
    const [script, ...args] = program.command;
    this.#options = options;
    this.place = place;
    this.#child = fork(script, args, {
      cwd: program.cwd,
      env: program.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.ready = this.#isReady.promise;
    // Whoever waits for it hears of it; else `ended` says the same.
    this.ready.catch(() => undefined);
    this.#child.on('message', (message: FromWorker) => this.#receive(message));
    const ended = Promise.withResolvers<WorkerEnd>();
    this.ended = ended.promise;
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#isEnded) return;
      this.#end({ code, signal });
      ended.resolve({ code, signal });
    };
    // All that it has sent is read before its channel closes.
    this.#child.once('close', end);
    this.#child.on('error', (error) => {
      options.logger.error({ err: error, worker: place.number }, 'a worker can’t be reached');
      if (this.#child.pid === undefined) end(1, null);
    });
    const watch = setInterval(() => this.#watch(), (options.silentMs ?? SILENT_MS) / LOOKS).unref();
    void this.ended.then(() => clearInterval(watch));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Connections may be given to it. */
  get takes(): boolean {
    return this.readySince !== undefined && !this.#isLeaving && !this.#isEnded;
  }

  /** It has left a connection lying: whoever may choose takes another one. */
  get isBehind(): boolean {
    const [oldest] = this.#given.values();
    return oldest !== undefined && performance.now() - oldest.at >= BEHIND_MS;
  }

  /** Gives it a connection, of which nothing was read. This process keeps its own hold on it until the worker has taken it. */
  give(connection: Socket): void {
    const id = ++this.#lastId;
    const given: Given = { connection, at: performance.now(), sentAt: undefined };
    this.#given.set(id, given);
    this.connections += 1;
    // Without a channel the end of the worker is about to be heard of, and the connection goes to another one.
    // One that waits for those before it is in this process alone.
    this.#child.send({ type: 'connection', id } satisfies ToWorker, connection, { keepOpen: true }, (error) => {
      if (error === null) given.sentAt = performance.now();
    });
  }

  /** Has it end, once its calls have. @param isReplaced another worker has its place: to clients nothing stops */
  stop(isReplaced: boolean): void {
    // It has not begun anything.
    if (!this.#isGreeted) this.#child.kill('SIGKILL');
    else this.#send({ type: 'stop', isReplaced });
  }

  /** Tells it which workers take connections. */
  tellServing(serving: readonly ServingWorker[]): void {
    this.#send({ type: 'workers', serving });
  }

  setLogLevel(level: string): void {
    this.#send({ type: 'logLevel', level });
  }

  /** Resolves when it has read its settings again, or has ended. */
  reread(): Promise<void> {
    // One that is about to start reads them then.
    if (this.#isEnded || !this.#isGreeted) return Promise.resolve();
    this.#rereading ??= Promise.withResolvers();
    this.#send({ type: 'reread' });
    return this.#rereading.promise;
  }

  /** Has its figures sent. Resolves when they are there, when it takes too long, or has ended. */
  async collect(): Promise<void> {
    if (!this.takes) return;
    if (this.#collecting === undefined) {
      const collecting = (this.#collecting = Promise.withResolvers<undefined>());
      this.#send({ type: 'collect' });
      setTimeout(() => collecting.resolve(undefined), COLLECT_MS).unref();
    }
    await this.#collecting.promise;
    this.#collecting = undefined;
  }

  #send(message: ToWorker): void {
    if (this.#child.connected && this.#isGreeted) this.#child.send(message, () => undefined);
  }

  #receive(message: FromWorker): void {
    this.#looks = 0;
    switch (message.type) {
      case 'hello':
        this.#greet(message.protocol);
        break;
      case 'ready':
        this.readySince = performance.now();
        this.#isReady.resolve(undefined);
        this.#options.onChange();
        break;
      case 'taken':
        this.#noteTaken(message.id);
        break;
      case 'closed':
        this.connections -= message.count;
        break;
      case 'leave':
        void this.#options.onLeave().then(() => this.#leave());
        break;
      case 'alive':
        this.#giveUpLost();
        break;
      case 'reread':
        this.#rereading?.resolve(undefined);
        this.#rereading = undefined;
        break;
      case 'logLevel':
        this.#options.onLogLevel(message.level);
        break;
      case 'figures':
        this.#options.onFigures(message.figures);
        this.#collecting?.resolve(undefined);
        break;
    }
  }

  #noteTaken(taken: number): void {
    // It was given up, and counts again.
    if (!this.#given.has(taken)) this.connections += 1;
    for (const [id, given] of this.#given) {
      if (id > taken) break;
      // They come in their order: it has lost an earlier one, mostly because it may open no more files.
      if (id < taken) this.#giveUp(id, given);
      else {
        // Of this process only: the worker has the connection.
        given.connection.destroy();
        this.#given.delete(id);
      }
    }
  }

  /** Else it would stay behind for good: it is given nothing else that could tell. */
  #giveUpLost(): void {
    const before = performance.now() - LOST_MS;
    for (const [id, given] of this.#given) {
      if (given.sentAt === undefined || given.sentAt > before) break;
      this.#giveUp(id, given);
    }
  }

  #giveUp(id: number, { connection }: Given): void {
    connection.destroy();
    this.#given.delete(id);
    this.connections -= 1;
  }

  #leave(): void {
    this.#isLeaving = true;
    this.#options.onChange();
    this.#send({ type: 'left' });
  }

  #greet(protocol: number): void {
    const { logger, place, logLevel } = this.#options;
    if (protocol === PROTOCOL) {
      this.#isGreeted = true;
      this.#send({ type: 'start', place, logLevel: logLevel() });
      return;
    }
    logger.error(
      { worker: place.number },
      'this release needs a restart of the whole gateway: its workers can’t be rolled',
    );
    this.#child.kill('SIGKILL');
  }

  #watch(): void {
    this.#looks += 1;
    if (this.#looks <= LOOKS) return;
    this.#options.logger.error({ worker: this.place.number }, 'a worker hangs: it is killed');
    this.#child.kill('SIGKILL');
  }

  #end(end: WorkerEnd): void {
    this.#isEnded = true;
    this.#isReady.reject(new Error(`the worker ended (${end.signal ?? `exit code ${String(end.code)}`})`));
    this.#collecting?.resolve(undefined);
    this.#rereading?.resolve(undefined);
    this.#options.onChange();
    for (const { connection } of this.#given.values()) this.#options.onLeftOver(connection);
    this.#given.clear();
  }
}
