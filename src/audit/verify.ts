import type { Vault } from '../vault/vault.ts';
import type { Clock } from '../clock.ts';
import type { EventStore } from '../events/eventStore.ts';
import { repairedStream } from '../events/streamName.ts';
import type { Database } from '../postgres/database.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import { openAccessTables, type NotCompared } from './accessTables.ts';
import { checkBoxes } from './boxCheck.ts';
import { createChainCheck } from './chainCheck.ts';
import type { AuditCheckpoint } from './auditCheckpoint.ts';
import { createAuditCheckpointCheck } from './auditCheckpointCheck.ts';
import { coverageOf, type Coverage } from './coverage.ts';
import type { Fault } from './fault.ts';
import { checkHeads } from './headCheck.ts';
import type { WholeHistoryOptions } from './history.ts';
import { bringUpToDate } from './auditedTables.ts';
import { createReferenceCheck } from './referenceCheck.ts';
import { checkSecrets } from './secretCheck.ts';
import { DekTable } from './dekTable.ts';
import { StreamTable } from './streamTable.ts';
import { checkSystemKeys } from './systemKeyCheck.ts';
import { createTrailCheck } from './trailCheck.ts';
import { createVisibilityCheck } from './visibilityCheck.ts';

/** What a verification has seen, and the first fault in it. */
export interface Verification {
  /** Whether there is no fault. */
  readonly ok: boolean;
  /** The event store's identity. */
  readonly store: string;
  /** Events of keys, roles and servers, up to the fault. */
  readonly events: number;
  readonly streams: number;
  /** Events of other streams, which MetaMCP did not write and does not read. */
  readonly foreignEvents: number;
  /** Events that can't be read and that an operator has skipped. */
  readonly skippedEvents: number;
  /** When the first and the last of them happened, RFC 3339 UTC. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The last position looked at. */
  readonly position: bigint | undefined;
  readonly durationMs: number;
  readonly fault: Fault | undefined;
  /** Undefined with a fault: what comes behind it was not looked at. */
  readonly coverage: Coverage | undefined;
  /** Of the checkpoint compared with; false: in another store, so that its streams alone could be compared. */
  readonly sameStore: boolean | undefined;
}

export interface VerifyOptions extends WholeHistoryOptions {
  readonly against?: AuditCheckpoint | undefined;
}

export interface VerifyParts {
  readonly events: EventStore;
  readonly db: Database;
  readonly vault: Pick<Vault, 'checkRow' | 'findSystemKey' | 'openWith'>;
  readonly chainKey: Buffer;
  readonly projections: ProjectionRunner;
  /** In ms; need not be the time of day. */
  readonly clock: Clock;
}

/** Records between two reports of progress. */
const PROGRESS_EVERY = 1_000;

/**
 * Reads the whole history once and checks all that decides about access: that every event is as it was written, that every
 * stream is without a gap, shown by the store and as long as the read tables remember it, that the audit trail and the tables
 * that calls are checked against are what it gives, and that the secrets of what was deleted are gone while those in use
 * open. Memory: see StreamTable.
 * @returns the streams, too, when there is no fault
 * @throws Unavailable when a store can't be reached, or a read table is stopped and nothing else is wrong; AbortError
 */
export async function verifyHistory(
  parts: VerifyParts,
  { against, onProgress, signal }: VerifyOptions = {},
): Promise<{ verification: Verification; streams: StreamTable }> {
  const { events, db, vault, chainKey, clock } = parts;
  const startedAt = clock();
  const store = await events.identity();
  const tables = await bringUpToDate({ ...parts, signal });
  const { upTo } = tables;

  const streams = new StreamTable();
  const secrets = new DekTable();
  const chain = createChainCheck({ chainKey, events, db, streams, headsUpTo: tables.reached('stream_heads') });
  const trail = createTrailCheck({ db, events, upTo: tables.reached('audit_events') });
  const references = createReferenceCheck(streams);
  const visibility = createVisibilityCheck({ events, db, streams, signal });
  const checkpoint = against === undefined ? undefined : createAuditCheckpointCheck(against, store);
  await using opened = new AsyncDisposableStack();
  const access = await openAccessTables({ db, events, streams, signal });
  if (!('why' in access)) opened.use(access);
  const seen = { events: 0, foreign: 0, skipped: 0, remains: 0, considered: 0 };
  let from: string | undefined;
  let to: string | undefined;

  async function firstInEvents(last: bigint): Promise<Fault | undefined> {
    for await (const entry of events.scan({ signal })) {
      const { position } = entry;
      if (position > last) break;
      seen.considered += 1;
      if (entry.kind === 'passed' || seen.considered % PROGRESS_EVERY === 0)
        onProgress?.({ events: seen.events, position, last });
      if (entry.kind === 'visibility') visibility.note(entry.stream, position);
      if (entry.kind !== 'event') continue;
      const recorded = entry.event;
      const missing = await trail.before(position);
      if (missing !== undefined) return missing;
      const found = chain.check(recorded);
      const checked = found instanceof Promise ? await found : found;
      if (checked === 'foreign' || checked === 'remains') {
        seen[checked] += 1;
        continue;
      }
      if ('kind' in checked) return checked;
      seen.events += 1;
      const { row, event, skipped } = checked;
      if (skipped) seen.skipped += 1;
      to = checked.at ?? to;
      from ??= to;
      if (!('why' in access)) await access.take(recorded);
      const rewritten = checkpoint?.see(recorded);
      if (rewritten !== undefined) return rewritten;
      if (event === undefined) continue;
      references.see(event);
      const fault = await trail.match(event);
      if (fault !== undefined) return fault;
      const repaired = repairedStream(recorded.stream);
      secrets.follow(row, recorded.revision, event, repaired === undefined ? undefined : streams.find(repaired));
    }
    return references.end();
  }

  async function firstInTables(): Promise<Fault | undefined> {
    return (
      (await trail.end()) ??
      (await tables.beyondTheEnd()) ??
      (tables.reached('stream_heads') === upTo && upTo !== undefined
        ? await checkHeads({ db, events, streams, upTo })
        : undefined) ??
      checkpoint?.end(streams)
    );
  }

  let boxes = 0;
  let notCompared: NotCompared | undefined = 'why' in access ? access : undefined;

  /** What calls are checked against, and what they need. */
  async function firstInAccess(): Promise<Fault | undefined> {
    const fault =
      (await checkSystemKeys({ db, vault, chainKey })) ??
      (await checkSecrets({ db, events, vault, streams, secrets, signal }));
    if (fault !== undefined) return fault;
    if (!('why' in access) && upTo !== undefined) {
      const compared = await access.compare(upTo, store);
      if (compared !== undefined && 'kind' in compared) return compared;
      notCompared = compared;
    }
    const opening = await checkBoxes({ db, vault, streams, signal });
    if ('fault' in opening) return opening.fault;
    boxes = opening.opened;
    return undefined;
  }

  const inHistory = (upTo === undefined ? undefined : await firstInEvents(upTo)) ?? (await firstInTables());
  const fault =
    (inHistory === undefined ? undefined : await visibility.explain(inHistory)) ??
    (await visibility.end()) ??
    (await firstInAccess());
  // What could not be compared is not intact.
  if (fault === undefined && tables.stopped !== undefined) throw tables.stopped;
  const verification = {
    ok: fault === undefined,
    store,
    events: seen.events,
    streams: streams.size,
    foreignEvents: seen.foreign,
    skippedEvents: seen.skipped,
    from,
    to,
    position: upTo,
    durationMs: clock() - startedAt,
    fault,
    coverage:
      fault === undefined
        ? coverageOf({
            boxes,
            tablesNotCompared: notCompared?.why,
            skippedEvents: seen.skipped,
            foreignEvents: seen.foreign,
            remains: seen.remains,
            withCheckpoint: against !== undefined,
          })
        : undefined,
    sameStore: checkpoint?.sameStore,
  };
  return { verification, streams };
}
