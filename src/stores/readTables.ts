import { setTimeout as delay } from 'node:timers/promises';
import type { LiveKeys } from '../live/liveKeys.ts';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { apiKeys } from '../projections/tables/apiKeysProjection.ts';
import { keyRoles } from '../projections/tables/keyRolesProjection.ts';
import { mcpServers } from '../projections/tables/mcpServersProjection.ts';
import type { ProjectionRunner } from '../projections/runner.ts';

/**
 * How long a start waits until the read tables are current, in milliseconds: enough for the events of a restart. An orchestrator
 * that waits for the port would give up on a gateway that takes much longer.
 */
const FIRST_PUMP_MS = 10_000;

/** Codes that time does not cure: an operator must act before the gateway may serve. */
const STOPS_THE_START: ReadonlySet<string> = new Set(['event-store-changed', 'projection-newer', 'vault-keys-foreign']);

/** The tables that decide who may call what. */
const CALLS_NEED: ReadonlySet<string> = new Set([apiKeys.name, keyRoles.name, mcpServers.name]);

export interface FirstPumpOptions {
  readonly projections: ProjectionRunner;
  readonly logger: Logger;
  /** (Default: 10_000) */
  readonly patienceMs?: number;
  /** Aborted when the process is to stop: it ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pumps the read tables once, as far as that is possible now. Calls are served from what the tables contain, so a start does not
 * depend on the event store; the projections that run on make up for the rest.
 * @throws Unavailable `event-store-changed`, `projection-newer`; what is not Unavailable
 */
export async function firstPump(options: FirstPumpOptions): Promise<void> {
  const { projections, logger, patienceMs = FIRST_PUMP_MS, signal } = options;
  const done = new AbortController();
  const pumped = projections.pump().then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Unavailable) || STOPS_THE_START.has(error.code)) throw error;
      // The projections that run on meet the same failure, and log its cause and since when.
      logger.debug({ err: error }, 'the read tables may be old');
    },
  );
  // A timer that is left would delay the end of the process.
  const ended = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const late = delay(patienceMs, 'late' as const, { signal: ended }).catch(() => 'late' as const);
  try {
    if ((await Promise.race([pumped, late])) !== 'late') return;
    logger.warn('the read tables are not current yet; serving calls from them meanwhile');
    // The projections that run on meet the same failure, and log it.
    pumped.catch(() => undefined);
  } finally {
    done.abort();
  }
}

/**
 * Makes keys that are found only once the read tables have been built: a table that is half built takes a revoked key for a
 * valid one.
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
