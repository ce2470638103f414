import type { GatewayHealth, HealthPart } from './health.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { SystemHealth } from '../feed/feedEvent.ts';
import type { Database } from '../postgres/database.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { sql } from '../postgres/sql.ts';
import type { Invalidations } from '../live/invalidations.ts';
import type { ProjectionRunner, ProjectionStatus } from '../projections/runner.ts';

/** A part that does not answer in this time counts as down: whoever asks wants to know now. */
const PART_TIMEOUT_MS = 2_000;

export interface HealthSources {
  readonly db: Database;
  readonly events: EventStore;
  readonly projections: ProjectionRunner;
  readonly invalidations: Invalidations;
}

/** Makes the look at every part of a gateway. Anyone may ask, so those who ask while one is under way share it. */
export function createHealthCheck(sources: HealthSources): () => Promise<GatewayHealth> {
  let underWay: Promise<GatewayHealth> | undefined;
  return () => (underWay ??= checkHealth(sources).finally(() => (underWay = undefined)));
}

/** Sums a look up: what the live feed tells of it. */
export function systemHealth({ ready, parts }: GatewayHealth, version: string): SystemHealth {
  const up = Object.values(parts).every(({ status }) => status === 'up');
  return { status: up ? 'up' : 'down', version, ready, parts };
}

async function checkHealth({ db, events, projections, invalidations }: HealthSources): Promise<GatewayHealth> {
  let usable = false;
  const [database, eventStore, projected] = await Promise.all([
    look(() => db.query<{ one: number }>(sql`select 1 as one`)),
    look(async () => {
      await events.check();
      // It may be another store, or an older copy of it, since it was reached anew: who has nothing to write finds out here.
      await projections.verifyStore();
    }),
    look(async () => {
      const tables = await projections.status();
      usable = tables.every(({ built, stoppedReason }) => built && stoppedReason === undefined);
      const fault =
        tables.map(faultOf).find((each) => each !== undefined) ?? projections.storeFault ?? projections.pumpFault;
      if (fault !== undefined) throw new Unavailable('projections-down', fault);
    }),
  ]);
  const calls = database.status === 'up' && usable;
  return {
    ready: { calls, changes: calls && eventStore.status === 'up' && projected.status === 'up' },
    parts: {
      database,
      event_store: eventStore,
      projections: projected,
      change_feed: invalidations.trusted
        ? { status: 'up' }
        : {
            status: 'down',
            detail: `${invalidations.fault?.message ?? 'Reconnecting.'} Requests read the tables meanwhile.`,
          },
    },
  };
}

function faultOf({ name, stoppedReason, outdated, built }: ProjectionStatus): string | undefined {
  if (stoppedReason !== undefined) return `${name} has stopped: ${stoppedReason}`;
  if (outdated) return `${name} is being rebuilt for this version; what it contains is not current.`;
  return built ? undefined : `${name} is being built for the first time.`;
}

async function look(check: () => Promise<unknown>): Promise<HealthPart> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Unavailable('no-answer', `No answer within ${PART_TIMEOUT_MS} ms.`)),
      PART_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([check(), late]);
    return { status: 'up' };
  } catch (failure) {
    const error = fromRejection(failure);
    return { status: 'down', detail: error instanceof AppError ? error.message : 'It failed; see the log.' };
  } finally {
    clearTimeout(timer);
  }
}
