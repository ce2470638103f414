import { setImmediate as turn } from 'node:timers/promises';
import { Unavailable, AppError } from '../../errors/appError.ts';
import type { Connection } from '../../postgres/connection.ts';
import { appendOutcomeUnknown } from '../appendOutcome.ts';
import type { AppendResult } from '../eventStore.ts';
import { appendBatch, type Append } from './appendBatch.ts';

/** Events in a batch at most: what follows in line waits for it. */
const BATCH_EVENTS = 500;

/** Bytes of JSON in a batch, but always one append. */
const BATCH_BYTES = 4 * 1_048_576;

export interface GroupCommitOptions {
  /** @throws Unavailable */
  readonly connect: () => Promise<Connection>;
  /** How long an append waits for its answer. */
  readonly deadlineMs: number;
}

/** An append in line or under way. Once settled it takes no second answer. */
interface Entry {
  readonly append: Append;
  readonly bytes: number;
  readonly timer: NodeJS.Timeout;
  settle(outcome: AppendResult | Error): void;
  settled: boolean;
}

/**
 * Appends over one connection. What arrives while a batch is under way forms the next one, and shares its lock, its
 * commit and its notification: one flush to disk serves many callers.
 */
export class GroupCommit implements AsyncDisposable {
  readonly #options: GroupCommitOptions;
  readonly #line = new Set<Entry>();
  #underWay: readonly Entry[] = [];
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Appends all events or none. @throws Conflict; Unavailable */
  append(append: Append): Promise<AppendResult> {
    if (this.#closed) return Promise.reject(new Unavailable('event-store-closed', 'The event store is closed.'));
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    const entry: Entry = {
      append,
      bytes: append.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0),
      timer: setTimeout(() => {
        this.#expire(entry);
      }, this.#options.deadlineMs),
      settled: false,
      settle(outcome) {
        if (entry.settled) return;
        entry.settled = true;
        clearTimeout(entry.timer);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
    };
    this.#line.add(entry);
    this.#running ??= this.#run();
    return promise;
  }

  /** Ends what was accepted, then closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#connection?.[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    while (this.#line.size > 0) {
      try {
        this.#connection = this.#connection?.open === true ? this.#connection : await this.#options.connect();
      } catch (error) {
        this.#settle([...this.#line], error);
        this.#line.clear();
        break;
      }
      // One turn of the event loop: callers that the last batch answered can join this one, instead of waiting for it.
      await turn();
      this.#underWay = this.#nextBatch();
      if (this.#underWay.length > 0) await this.#send(this.#connection, this.#underWay);
      this.#underWay = [];
    }
    this.#running = undefined;
  }

  #nextBatch(): Entry[] {
    const batch: Entry[] = [];
    let events = 0;
    let bytes = 0;
    for (const entry of this.#line) {
      events += entry.append.events.length;
      bytes += entry.bytes;
      if (batch.length > 0 && (events > BATCH_EVENTS || bytes > BATCH_BYTES)) break;
      this.#line.delete(entry);
      batch.push(entry);
    }
    return batch;
  }

  async #send(connection: Connection, batch: readonly Entry[]): Promise<void> {
    const sent = connection.open;
    try {
      const outcomes = await appendBatch(
        connection,
        batch.map((entry) => entry.append),
      );
      batch.forEach((entry, i) => {
        const outcome = outcomes[i];
        if (outcome !== undefined) entry.settle(outcome);
      });
    } catch (error) {
      const rejected = !(error instanceof AppError);
      if (rejected && batch.length > 1) {
        // The server refused the batch for the sake of one append in it; the others must not fail with it.
        for (const entry of batch) await this.#send(connection, [entry]);
      } else {
        this.#settle(batch, sent && isUnknown(error) ? appendOutcomeUnknown(error) : error);
      }
    }
  }

  #expire(entry: Entry): void {
    if (this.#line.delete(entry)) {
      entry.settle(new Unavailable('append-not-now', 'The event store did not take the append in time.'));
      return;
    }
    entry.settle(appendOutcomeUnknown(undefined));
    // No caller waits any more: what delays this batch must not delay the next.
    if (this.#underWay.every(({ settled }) => settled)) this.#connection?.destroy();
  }

  #settle(entries: readonly Entry[], error: unknown): void {
    for (const entry of entries) {
      entry.settle(error instanceof Error ? error : new Error('not an Error was thrown', { cause: error }));
    }
  }
}

/** Sent, and then the connection was lost: the transaction may have been committed. */
function isUnknown(error: unknown): boolean {
  return error instanceof Unavailable && error.code !== 'append-not-now';
}
