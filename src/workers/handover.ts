import { createServer, type Server, type Socket } from 'node:net';
import type { WorkerProcess } from './workerProcess.ts';

/** Connections that no worker has taken yet, at once: while none is ready, or those that there are hang. */
const MAX_WAITING = 4_096;

/** What connections are given to. */
export type Taker = Pick<WorkerProcess, 'takes' | 'isBehind' | 'connections' | 'give'>;

/**
 * Accepts connections for all workers, and gives each, unread, to the worker that has the fewest. Those that come while there is none
 * wait, so that nobody is refused while workers are replaced. docs/adr/0030.
 */
export class Handover {
  /** The caller has it listen, and closes it. */
  readonly server: Server;
  readonly #workers: () => Iterable<Taker>;
  readonly #waiting: Socket[] = [];
  /** Of workers with as many connections, the one after the last. */
  #last: Taker | undefined;

  constructor(workers: () => Iterable<Taker>) {
    this.#workers = workers;
    // Node's HTTP server asks for noDelay where it accepts; here it does not.
    this.server = createServer({ pauseOnConnect: true, noDelay: true });
    this.server.maxConnections = MAX_WAITING;
    this.server.on('connection', (connection) => {
      // A client that is gone is the worker's concern.
      connection.on('error', () => undefined);
      this.give(connection);
    });
  }

  /** Gives a connection to a worker. */
  give(connection: Socket): void {
    const worker = this.#next();
    if (worker === undefined) this.#waiting.push(connection);
    else worker.give(connection);
  }

  /** A worker is ready: gives what has waited for one. */
  giveWaiting(): void {
    for (const connection of this.#waiting.splice(0)) this.give(connection);
  }

  /** Lets go of what still waits, when nobody is left who could take it. */
  end(): void {
    if (this.server.listening) this.server.close();
    for (const connection of this.#waiting.splice(0)) connection.destroy();
  }

  #next(): Taker | undefined {
    const all = [...this.#workers()].filter(({ takes }) => takes);
    const prompt = all.filter(({ isBehind }) => !isBehind);
    const takers = prompt.length > 0 ? prompt : all;
    const after = this.#last === undefined ? 0 : takers.indexOf(this.#last) + 1;
    let fewest: Taker | undefined;
    for (let at = 0; at < takers.length; at += 1) {
      const taker = takers[(after + at) % takers.length];
      if (taker !== undefined && (fewest === undefined || taker.connections < fewest.connections)) fewest = taker;
    }
    this.#last = fewest;
    return fewest;
  }
}
