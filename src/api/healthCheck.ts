import { CLI_HERE, withCliName } from '../cliName.ts';
import type { GatewayHealth, HealthPart } from './health.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { SystemHealth } from '../feed/feedEvent.ts';
import type { Database } from '../postgres/database.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { sql } from '../postgres/sql.ts';
import type { Invalidations } from '../live/invalidations.ts';
import type { ProjectionStatus } from '../projections/projectionStatus.ts';
import type { ProjectionRunner } from '../projections/runner.ts';

/** A part that does not answer within so many milliseconds counts as down. */
const PART_TIMEOUT_MS = 2_000;

export interface HealthSources {
  readonly db: Database;
  readonly events: EventStore;
  readonly projections: ProjectionRunner;
  readonly invalidations: Invalidations;
}

/** Makes the health check of all parts of a gateway. Anyone may ask for it, so requests share one that is under way. */
export function createHealthCheck(sources: HealthSources): () => Promise<GatewayHealth> {
  let underWay: Promise<GatewayHealth> | undefined;
  return () => (underWay ??= checkHealth(sources).finally(() => (underWay = undefined)));
}

/** Sums a health check up, as the live event feed shows it. */
export function systemHealth({ ready, parts }: GatewayHealth, version: string): SystemHealth {
  const up = Object.values(parts).every(({ status }) => status === 'up');
  return { status: up ? 'up' : 'down', version, ready, parts };
}

async function checkHealth({ db, events, projections, invalidations }: HealthSources): Promise<GatewayHealth> {
  let usable = false;
  const [database, eventStore, projected] = await Promise.all([
    checkPart(() => db.query<{ one: number }>(sql`select 1 as one`)),
    checkPart(async () => {
      await events.check();
      // After a reconnect it may be another store, or an older copy of it: a gateway that writes nothing notices it here.
      await projections.verifyStore();
    }),
    checkPart(async () => {
      const tables = await projections.status();
      // While gateways are upgraded one after the other, those of the older version are needed.
      usable = tables.every(({ built, stoppedReason, newer }) => built && (newer || stoppedReason === undefined));
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

async function checkPart(check: () => Promise<unknown>): Promise<HealthPart> {
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
    return {
      status: 'down',
      detail: error instanceof AppError ? withCliName(error.message, CLI_HERE) : 'It failed; see the log.',
    };
  } finally {
    clearTimeout(timer);
  }
}
