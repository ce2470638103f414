import { randomUUID } from 'node:crypto';
import type { CallObserver } from '../calls/callEvent.ts';
import type { Clock } from '../clock.ts';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import type { Database } from '../postgres/database.ts';
import { createCounters, type CountersOptions } from './counters.ts';
import { addUsage, deleteOldUsage, type UsageBatch } from './keyUsage.ts';

/** Between two flushes, in milliseconds: a crash loses so much at most, and the figures that people see are so old. */
const FLUSH_MS = 5_000;

/** So many counters are flushed before that time, so that a flush stays short. */
const LARGE = 5_000;

/** Counters in one statement: some 100 KB of JSON, and a few milliseconds of PostgreSQL. */
const BATCH = 500;

const DAY_MS = 86_400_000;

/** The names in the log of outages. */
const WRITING = 'PostgreSQL (usage)';
const PURGING = 'PostgreSQL (deletion of old usage)';

/** How long a stop waits for the last flush, in milliseconds: PostgreSQL may be away. */
const LAST_FLUSH_MS = 5_000;
const LAST_FLUSH_PAUSE_MS = 200;

export interface UsageRecorderOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Usage older than so many days is deleted. (Default: 400) */
  readonly retentionDays?: number;
  /** (Default: 5_000) */
  readonly flushMs?: number;
  /** (Default: 5_000) */
  readonly lastFlushMs?: number;
  readonly counters?: Pick<CountersOptions, 'capacity' | 'namesPerServer'>;
}

/** Counts calls and writes them down. Disposing of it flushes the last ones: dispose when no more calls can end. */
export interface UsageRecorder extends AsyncDisposable {
  /** Counts a call, in memory. */
  readonly onCall: CallObserver;
  /** Calls that will never be counted, since the start: there were too many counters, or PostgreSQL refused them. */
  readonly lost: number;
  /** Counters that have something which PostgreSQL has not confirmed yet. */
  readonly unwritten: number;
  /** Writes the counters down. Never throws: what PostgreSQL does not confirm is kept, and sent again. */
  flush(): Promise<void>;
}

/** Starts to record usage in the table `key_usage`, which no rebuild touches (docs/architecture.md, Read path). */
export function openUsageRecorder(options: UsageRecorderOptions): UsageRecorder {
  const { db, clock, logger, retentionDays = 400, flushMs = FLUSH_MS, lastFlushMs = LAST_FLUSH_MS } = options;
  const counters = createCounters({ clock, ...options.counters });
  const outages = createOutageLog({ logger, clock });
  /** Taken out of the counters and not confirmed by PostgreSQL, which may have them: sent again with the same ids. */
  let pending: UsageBatch[] = [];
  let refused = 0;
  let reported = 0;
  let failing = false;
  let underWay: Promise<void> | undefined;
  let purgedAtMs = -Infinity;

  const timer = setInterval(() => void recorder.flush().then(purge), flushMs);
  timer.unref();

  async function writeBatches(): Promise<void> {
    // While a batch is pending, later calls stay in the counters, whose number has a bound.
    if (pending.length === 0) pending = batchesOf(counters.take());
    while (pending[0] !== undefined) {
      if (!(await write(pending[0]))) return;
      pending.shift();
    }
    reportLoss();
  }

  /** @returns false when it is to be tried again */
  async function write(batch: UsageBatch): Promise<boolean> {
    try {
      await addUsage(db, batch);
      failing = false;
      outages.recovered(WRITING);
      return true;
    } catch (error) {
      if (!isOfTheData(error)) {
        failing = true;
        outages.failed(WRITING, error, 'it is kept, and tried again');
        return false;
      }
      // PostgreSQL will never accept it: to send it again would hold up all later batches.
      logger.error({ err: error }, 'a batch of usage was refused');
      refused += batch.increments.reduce((sum, { calls }) => sum + calls, 0);
      return true;
    }
  }

  function reportLoss(): void {
    const { lost } = recorder;
    if (lost > reported) logger.error({ calls: lost - reported, total: lost }, 'calls are missing from the usage');
    reported = lost;
  }

  async function purge(): Promise<void> {
    const now = clock();
    if (now - purgedAtMs < DAY_MS) return;
    purgedAtMs = now;
    try {
      await deleteOldUsage(db, retentionDays, new Date(now));
      outages.recovered(PURGING);
    } catch (error) {
      purgedAtMs = -Infinity;
      if (error instanceof Unavailable) outages.failed(PURGING, error, 'it is tried again');
      else logger.warn({ err: error }, 'old usage could not be deleted');
    }
  }

  async function flushAll(): Promise<boolean> {
    await recorder.flush();
    if (counters.dirty > 0 && pending.length === 0) await recorder.flush();
    return pending.length === 0 && counters.dirty === 0;
  }

  const recorder: UsageRecorder = {
    onCall(event) {
      counters.count(event);
      if (counters.dirty >= LARGE && underWay === undefined && !failing) void recorder.flush();
    },
    get lost() {
      return counters.lost + refused;
    },
    get unwritten() {
      return pending.reduce((sum, { increments }) => sum + increments.length, counters.dirty);
    },
    flush() {
      return (underWay ??= writeBatches().finally(() => (underWay = undefined)));
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      const until = performance.now() + lastFlushMs;
      while (!(await flushAll()) && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LAST_FLUSH_PAUSE_MS));
      }
      const left = [...pending.flatMap(({ increments }) => increments), ...counters.take()];
      refused += left.reduce((sum, { calls }) => sum + calls, 0);
      reportLoss();
    },
  };
  return recorder;
}

/** Data exceptions and violated constraints (PostgreSQL, appendix A: classes 22 and 23). All other errors may pass. */
function isOfTheData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code);
}

function batchesOf(increments: UsageBatch['increments']): UsageBatch[] {
  return Array.from({ length: Math.ceil(increments.length / BATCH) }, (_, at) => ({
    id: randomUUID(),
    increments: increments.slice(at * BATCH, (at + 1) * BATCH),
  }));
}
