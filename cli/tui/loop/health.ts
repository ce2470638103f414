import { z } from 'zod';
import { catchError, defer, EMPTY, exhaustMap, timer, type Observable } from 'rxjs';
import { hasReached } from '../../../src/projections/tables/checkpoints.ts';
import { sql } from '../../../src/postgres/sql.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import { createGatewayFetch } from '../../../src/tls/gatewayFetch.ts';
import { escape } from '../../../src/escape.ts';
import type { Health, Tools } from '../frame/model.ts';

const EVERY_MS = 2_000;
const PATIENCE_MS = 1_500;

/** Looks at the stores and the gateway again and again. */
export function healthOf({ stores, settings }: Tools): Observable<Health> {
  let behindSince: number | undefined;

  async function look(): Promise<Health> {
    const [database, eventStore, gateway, tables] = await Promise.all([
      statusOf(stores.db.query<{ one: number }>(sql`select 1 as one`)),
      statusOf(stores.events.check()),
      settings.port === 0 ? undefined : within(askGateway(settings)).catch(() => 'down' as const),
      within(lookAtTables(stores)).catch(() => undefined),
    ]);
    behindSince = tables?.isBehind === true ? (behindSince ?? Date.now()) : undefined;
    const lagMs = tables === undefined ? undefined : behindSince === undefined ? 0 : Date.now() - behindSince;
    return {
      database,
      eventStore,
      gateway: gateway === undefined ? 'unknown' : gateway === 'down' ? 'down' : 'up',
      gatewayUrl: gateway === undefined ? undefined : gatewayUrl(settings),
      gatewayVersion: typeof gateway === 'object' ? gateway.version : undefined,
      lagMs,
      stopped: tables?.stopped,
    };
  }

  return timer(0, EVERY_MS).pipe(exhaustMap(() => defer(look).pipe(catchError(() => EMPTY))));
}

/** Compares the read tables with the event store, and brings them up to it: no gateway may be there to do it. */
async function lookAtTables({
  events,
  projections,
}: Stores): Promise<{ isBehind: boolean; stopped: string | undefined }> {
  const [last, tables] = await Promise.all([events.end(), projections.status()]);
  const stopped = tables.find(({ stoppedReason }) => stoppedReason !== undefined);
  const isBehind = tables.some((table) => !hasReached(table, last));
  if (isBehind && stopped === undefined) projections.pump().catch(() => undefined);
  return { isBehind, stopped: stopped && `${stopped.name} stopped: ${escape(stopped.stoppedReason ?? '')}` };
}

const liveSchema = z.object({ version: z.string() });

async function askGateway(settings: Tools['settings']): Promise<{ readonly version: string | undefined }> {
  const ask = createGatewayFetch(settings.tls);
  const answer = await ask(`${gatewayUrl(settings)}/health/live`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Error(`it answered ${answer.status}`);
  }
  return { version: liveSchema.safeParse(await answer.json()).data?.version };
}

async function statusOf(question: Promise<unknown>): Promise<'up' | 'down'> {
  return within(question).then(
    () => 'up',
    () => 'down',
  );
}

async function within<T>(work: Promise<T>): Promise<T> {
  let clock: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    clock = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(clock));
}
