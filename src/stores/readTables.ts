import { setTimeout as delay } from 'node:timers/promises';
import type { LiveKeys } from '../live/liveKeys.ts';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { apiKeys } from '../projections/tables/apiKeys.ts';
import { mcpServers } from '../projections/tables/mcpServers.ts';
import type { ProjectionRunner } from '../projections/runner.ts';

/**
 * How long a start waits until the read tables are current. Long enough for what a restart has missed; an orchestrator
 * that waits for a port would give up on a gateway that takes much longer.
 */
const FIRST_PUMP_MS = 10_000;

/** What no waiting mends: an operator must act before the gateway may serve. */
const STOPS_THE_START: ReadonlySet<string> = new Set(['event-store-changed', 'projection-newer', 'vault-keys-foreign']);

/** The tables that decide who may call what. */
const CALLS_NEED: ReadonlySet<string> = new Set([apiKeys.name, mcpServers.name]);

export interface FirstPumpOptions {
  readonly projections: ProjectionRunner;
  readonly logger: Logger;
  /** (Default: 10_000) */
  readonly patienceMs?: number;
  /** Ends the waiting: the process is about to stop. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the read tables up to date, as far as that is possible now: calls are served from what they contain, so a start
 * does not depend on the event store. Whoever follows the events makes up for it.
 * @throws Unavailable `event-store-changed`, `projection-newer`; what is not Unavailable
 */
export async function firstPump(options: FirstPumpOptions): Promise<void> {
  const { projections, logger, patienceMs = FIRST_PUMP_MS, signal } = options;
  const given = new AbortController();
  const pumped = projections.pump().then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Unavailable) || STOPS_THE_START.has(error.code)) throw error;
      // `follow` meets the same failure, and says what and since when.
      logger.debug({ err: error }, 'the read tables may be old');
    },
  );
  // A timer left behind would hold up the end of the process.
  const ended = signal === undefined ? given.signal : AbortSignal.any([given.signal, signal]);
  const late = delay(patienceMs, 'late' as const, { signal: ended }).catch(() => 'late' as const);
  try {
    if ((await Promise.race([pumped, late])) !== 'late') return;
    logger.warn('the read tables are not current yet; serving calls from them meanwhile');
    // `follow` meets the same failure, and says so.
    pumped.catch(() => undefined);
  } finally {
    given.abort();
  }
}

/**
 * Makes keys that nobody finds until the read tables have been built once: a half-built one takes a revoked key for a
 * good one.
 */
export function onceBuilt(liveKeys: LiveKeys, projections: Pick<ProjectionRunner, 'status'>): LiveKeys {
  let built = false;

  async function refuseUnbuilt(): Promise<void> {
    const status = await projections.status();
    built = status.every((table) => table.built || !CALLS_NEED.has(table.name));
    if (built) return;
    throw new Unavailable('read-tables-unbuilt', 'The read tables are being built for the first time.');
  }

  return {
    find: (id) => (built ? liveKeys.find(id) : refuseUnbuilt().then(() => liveKeys.find(id))),
    hold: (id, key) => liveKeys.hold(id, key),
    onChange: (listener) => liveKeys.onChange(listener),
    [Symbol.dispose]: () => liveKeys[Symbol.dispose](),
  };
}
