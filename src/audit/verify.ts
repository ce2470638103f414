import type { Clock } from '../clock.ts';
import { Unavailable } from '../errors.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Database } from '../postgres/database.ts';
import { listTrail } from '../projections/auditEvents.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import { createChainCheck } from './chainCheck.ts';
import type { Checkpoint } from './checkpoint.ts';
import { createCheckpointCheck } from './checkpointCheck.ts';
import type { Fault } from './fault.ts';
import { checkHeads } from './headCheck.ts';
import { checkReferences } from './referenceCheck.ts';
import { checkSecrets } from './secretCheck.ts';
import { Secrets } from './secrets.ts';
import { StreamTable } from './streamTable.ts';
import { createTrailCheck } from './trailCheck.ts';

/** What a verification has seen, and the first fault in it. */
export interface Verification {
  /** Whether there is no fault. */
  readonly ok: boolean;
  /** The event store's identity. */
  readonly store: string;
  /** Events of keys and servers, up to the fault. */
  readonly events: number;
  readonly streams: number;
  /** Events of other streams, which MetaMCP did not write and does not read. */
  readonly foreignEvents: number;
  /** When the first and the last of them happened, RFC 3339 UTC. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The last position looked at. */
  readonly position: bigint | undefined;
  readonly durationMs: number;
  readonly fault: Fault | undefined;
  /** Of the checkpoint compared with; false: in another store, so that its streams alone could be compared. */
  readonly sameStore: boolean | undefined;
}

export interface VerifyOptions {
  readonly against?: Checkpoint | undefined;
  /** Called now and then with the number of events so far. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

export interface VerifyParts {
  readonly events: EventStore;
  readonly db: Database;
  readonly chainKey: Buffer;
  readonly projections: ProjectionRunner;
  /** In ms; need not be the time of day. */
  readonly clock: Clock;
}

/** Events between two words of progress. */
const PROGRESS_EVERY = 5_000;

/**
 * Reads the whole history once and checks all that there is to check: that every event is as it was written, that every
 * stream is without a gap and as long as the read tables remember it, that the audit trail in the tables tells the same, and
 * that the secrets of what was deleted are gone while those in use are there. Memory: see StreamTable.
 * @returns the streams, too, when there is no fault
 * @throws Unavailable when a store can't be reached, or a read table is stopped and nothing else is wrong
 */
export async function verifyHistory(
  parts: VerifyParts,
  { against, onProgress }: VerifyOptions = {},
): Promise<{ verification: Verification; streams: StreamTable }> {
  const { events, db, chainKey, clock } = parts;
  const startedAt = clock();
  const store = await events.identity();
  const tables = await bringUpToDate(parts);
  const { upTo } = tables;

  const streams = new StreamTable();
  const secrets = new Secrets();
  const chain = createChainCheck({ chainKey, events, db, streams, headsUpTo: tables.reached('stream_heads') });
  const trail = createTrailCheck({ db, events, upTo: tables.reached('audit_events') });
  const checkpoint = against === undefined ? undefined : createCheckpointCheck(against, store);
  let seen = 0;
  let foreignEvents = 0;
  let from: string | undefined;
  let to: string | undefined;

  async function firstInEvents(): Promise<Fault | undefined> {
    if (upTo === undefined) return trail.end();
    for await (const recorded of events.readAll()) {
      if (recorded.position > upTo) break;
      const missing = await trail.before(recorded.position);
      if (missing !== undefined) return missing;
      const checked = chain.check(recorded);
      if (checked === 'foreign') {
        foreignEvents += 1;
        continue;
      }
      if (checked instanceof Promise) return checked;
      seen += 1;
      if (seen % PROGRESS_EVERY === 0) onProgress?.(seen);
      to = checked.at;
      from ??= to;
      const rewritten = checkpoint?.see(recorded);
      if (rewritten !== undefined) return rewritten;
      const { row, event } = checked;
      if (event === undefined) continue;
      const fault = checkReferences(event, streams) ?? (await trail.match(event));
      if (fault !== undefined) return fault;
      secrets.follow(row, recorded.revision, event);
    }
    return trail.end();
  }

  const fault =
    (await firstInEvents()) ??
    (await tables.beyondTheEnd()) ??
    (tables.reached('stream_heads') === upTo && upTo !== undefined
      ? await checkHeads({ db, events, streams, upTo })
      : undefined) ??
    checkpoint?.end(streams) ??
    (await checkSecrets({ db, events, streams, secrets }));
  // What could not be compared is not intact.
  if (fault === undefined && tables.stopped !== undefined) throw tables.stopped;
  const verification = {
    ok: fault === undefined,
    store,
    events: seen,
    streams: streams.size,
    foreignEvents,
    from,
    to,
    position: upTo,
    durationMs: clock() - startedAt,
    fault,
    sameStore: checkpoint?.sameStore,
  };
  return { verification, streams };
}

interface Tables {
  /** The last event to verify. */
  readonly upTo: bigint | undefined;
  /** How far a table is, but not beyond `upTo`. */
  reached(table: string): bigint | undefined;
  /** Why some tables are not current. */
  readonly stopped: Unavailable | undefined;
  /** Finds the first event of the tables that lies beyond the end of the history. */
  beyondTheEnd(): Promise<Fault | undefined>;
}

/** What keeps read tables from being current, but not from being compared as far as they are. */
const NOT_CURRENT: ReadonlySet<string> = new Set(['projection-stopped', 'projection-outdated', 'event-store-behind']);

/** Brings the read tables up to the end of the history, as far as that goes: what was tampered with may be in the way. */
async function bringUpToDate({ events, db, projections }: VerifyParts): Promise<Tables> {
  await asFarAsItGoes(async () => {
    await projections.upgrade();
    await projections.pump();
  });
  const upTo = await events.end();
  const stopped = await asFarAsItGoes(() => projections.pump(upTo));
  const after = new Map((await projections.status()).map(({ name, position }) => [name, position]));
  return {
    upTo,
    stopped,
    reached(table) {
      const position = after.get(table);
      return position !== undefined && upTo !== undefined && position > upTo ? upTo : position;
    },
    async beyondTheEnd() {
      const [row] = await listTrail(db, { after: upTo === undefined ? undefined : String(upTo), limit: 1 });
      if (row === undefined) return undefined;
      const { stream, revision } = row;
      const position = BigInt(row.position);
      // It may have happened since.
      for await (const found of events.readStream(stream, { from: revision, limit: 1 })) {
        if (found.position === position) return undefined;
      }
      const meaning = 'The end of the whole history was cut off: the table audit_events goes on with this event.';
      return { kind: 'truncated', stream, revision, position, meaning };
    },
  };
}

/** @returns why it went no further */
async function asFarAsItGoes(work: () => Promise<void>): Promise<Unavailable | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable && NOT_CURRENT.has(error.code)) return error;
    throw error;
  }
}
