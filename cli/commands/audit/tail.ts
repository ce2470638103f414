import { auditDocument, unreadableDocument } from '../../../src/audit/auditDocument.ts';
import { recentEvents } from '../../../src/audit/recent.ts';
import type { TrailEntry } from '../../../src/audit/trailEntry.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import { subjectOf } from '../../../src/events/streamName.ts';
import { untilAborted } from '../../../src/events/untilAborted.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { listKeyIds } from '../../../src/projections/tables/keyLists.ts';
import { idsOfName } from '../../../src/projections/tables/keyReferences.ts';
import type { ProjectionName } from '../../../src/projections/tables/versions.ts';
import type { ProjectionStatus } from '../../../src/projections/projectionStatus.ts';
import type { ProjectionRunner } from '../../../src/projections/runner.ts';
import { shownOf, TRAIL_COLUMNS, trailCells, unreadableCells } from '../../views/auditView.ts';
import { keyOfActor, type KeyNames } from '../../views/keyView.ts';
import { namesInHistory } from '../../stores/namesInHistory.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { shortId } from '../../../src/shortId.ts';
import type { Stores } from '../../../src/stores/stores.ts';

const TRAIL: ProjectionName = 'audit_events';

/** The event that undo takes stands behind what it is about. */
const SUBJECT_AT = TRAIL_COLUMNS.findIndex(({ title }) => title === 'SUBJECT');

export interface TailOptions {
  /** (Default: 20) */
  readonly lines?: number;
  readonly follow?: boolean;
  readonly type?: readonly string[];
  /** A server's or a role's name, or a key's name, or either end of its id. */
  readonly subject?: string;
  readonly actor?: string;
  readonly tag?: readonly string[];
  readonly owner?: string;
}

/** Shows the last events, the newest last, and with `--follow` those to come. */
export async function tailEvents(cli: Cli, options: TailOptions): Promise<void> {
  // The trail is shown also when the tables can't be brought up to date; a warning follows it.
  const opening = { readTables: 'as they are' } as const;
  if (options.follow === true) await cli.withStores(({ stores }) => show(cli, options, stores.db, stores), opening);
  else await cli.withReadTables(({ db, stores }) => show(cli, options, db, stores), opening);
}

/** @param stores undefined: the tables are current, and nothing is to be followed */
async function show(
  cli: Cli,
  options: TailOptions,
  db: Queryable,
  stores: Pick<Stores, 'events' | 'projections'> | undefined,
): Promise<void> {
  const { lines = 20, follow = false } = options;
  await interruptible(async (signal) => {
    if (stores !== undefined) await pump(cli, stores.projections, signal);
    const recent = recentEvents({
      db,
      limit: lines,
      matches: await matcher(db, options),
      follow: follow && stores !== undefined ? { ...(await following(stores)), signal } : undefined,
    });
    await cli.output.answerList({
      pages: withNames(db, recent),
      toJson: ({ entry }) => ('actor' in entry ? auditDocument(entry) : unreadableDocument(entry)),
      columns: TRAIL_COLUMNS.toSpliced(SUBJECT_AT + 1, 0, { title: 'EVENT', drop: 3 }),
      toCells: ({ entry, names }) =>
        'actor' in entry
          ? trailCells(entry, names)
              .with(0, { text: cli.output.times.short(entry.at) })
              .toSpliced(SUBJECT_AT + 1, 0, { text: shortId(entry.id) })
          : unreadableCells(entry, names).toSpliced(SUBJECT_AT + 1, 0, { text: '–' }),
      empty: 'There are no such events.',
    });
  });
}

async function following({ events, projections }: Pick<Stores, 'events' | 'projections'>) {
  const trail = (await projections.status()).find(({ name }) => name === TRAIL);
  return { store: events, position: trail?.position };
}

/** Brings the trail up to date, as far as that goes. @throws Unavailable when a store can't be reached */
async function pump(cli: Cli, projections: ProjectionRunner, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(projections.pump(), signal);
    signal.throwIfAborted();
    const [stopped] = (await projections.status()).filter((each) => each.name === TRAIL && isStopped(each));
    if (stopped !== undefined) cli.output.warn('The audit trail is not current: metamcp-cli db status says why.');
  } catch (error) {
    if (!(error instanceof Unavailable) || !STALE.has(error.code)) throw error;
    cli.output.warn(`The audit trail may not be current. ${error.message}`);
  }
}

function isStopped({ stoppedReason, outdated }: ProjectionStatus): boolean {
  return stoppedReason !== undefined || outdated;
}

/** What keeps the trail from being current, while what it has can be shown. */
const STALE: ReadonlySet<string> = new Set([
  'event-store-behind',
  'event-store-changed',
  'projection-newer',
  'vault-keys-foreign',
]);

interface NamedEntry {
  readonly entry: TrailEntry;
  readonly names: KeyNames;
}

async function* withNames(db: Queryable, pages: AsyncIterable<readonly TrailEntry[]>): AsyncGenerator<NamedEntry[]> {
  for await (const page of pages) {
    const names = await namesInHistory(db, page);
    yield page.map((entry) => ({ entry, names }));
  }
}

/** Tells whether a key is meant by its name or by an end of its id. All that have or had the name are: the trail is of what was, too. */
async function keysMeant(db: Queryable, typed: string): Promise<Meant> {
  const named = new Set(await idsOfName(db, typed));
  const digits = typed.toLowerCase();
  return {
    learn: (id, name) => {
      if (name === typed) named.add(id);
    },
    has: (id) => named.has(id) || id.startsWith(digits) || id.endsWith(digits),
  };
}

interface Meant {
  readonly has: (id: string) => boolean;
  /** Takes in the name of a key that the tables did not have. */
  readonly learn: (id: string, name: string | undefined) => void;
}

/** Reads an actor that is a key, as it is shown: by its name, an end of its id, or both. */
function keyTyped(actor: string | undefined): string | undefined {
  const [, name, digits] = /^key:(.+?)(?: \(([0-9a-f]{8})\))?$/s.exec(actor ?? '') ?? [];
  return digits ?? name;
}

async function matcher(db: Queryable, options: TailOptions): Promise<(entry: TrailEntry) => boolean> {
  const { type, subject, actor, tag: tags, owner } = options;
  const isByLabel = tags !== undefined || owner !== undefined;
  const labelled = isByLabel ? new Set(await listKeyIds(db, { tags, owner, without: [] })) : undefined;
  const keys = subject === undefined ? undefined : await keysMeant(db, subject);
  const key = keyTyped(actor);
  const actors = key === undefined ? undefined : await keysMeant(db, key);
  const isActor = (by: string) => by === actor || actors?.has(keyOfActor(by) ?? '') === true;
  return (entry) => {
    if (type !== undefined && !type.includes(entry.type)) return false;
    // Who did it is not known of an event that can't be read.
    if (actor !== undefined && (!('actor' in entry) || !isActor(entry.actor))) return false;
    if (keys === undefined && labelled === undefined) return true;
    const of = subjectOf(entry.stream);
    if (of === undefined) return false;
    if (labelled !== undefined && !('key' in of && labelled.has(of.key))) return false;
    if (keys === undefined) return true;
    if ('server' in of) return of.server === subject?.toLowerCase();
    if ('role' in of) return of.role === subject?.toLowerCase();
    if (entry.type === 'ApiKeyCreated' && 'actor' in entry) keys.learn(of.key, shownOf(entry).name);
    return keys.has(of.key);
  };
}
