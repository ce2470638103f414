import { auditDocument, unreadableDocument } from '../../../src/audit/auditDocument.ts';
import { recentEvents, type TrailEntry } from '../../../src/audit/recent.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import { subjectOf } from '../../../src/events/streamName.ts';
import { untilAborted } from '../../../src/events/untilAborted.ts';
import { auditEvents } from '../../../src/projections/tables/auditEvents.ts';
import type { ProjectionRunner, ProjectionStatus } from '../../../src/projections/runner.ts';
import { TRAIL_COLUMNS, trailCells, unreadableCells } from '../../views/auditView.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';

export interface TailOptions {
  /** (Default: 20) */
  readonly lines?: number;
  readonly follow?: boolean;
  readonly type?: readonly string[];
  /** A key's id, or the beginning of one, or a server's name. */
  readonly subject?: string;
  readonly actor?: string;
}

/** Shows the last events, the newest last, and with `--follow` those to come. */
export async function tailEvents(cli: Cli, options: TailOptions): Promise<void> {
  const { lines = 20, follow = false } = options;
  // The trail is shown also when the tables can't be brought up to date; a warning follows it.
  await cli.withStores(
    async ({ stores: { db, events, projections } }) => {
      await interruptible(async (signal) => {
        await pump(cli, projections, signal);
        const status = await projections.status();
        const position = status.find(({ name }) => name === auditEvents.name)?.position;
        await cli.output.answerList({
          pages: recentEvents({
            db,
            store: events,
            position,
            limit: lines,
            matches: matcher(options),
            follow: follow ? signal : undefined,
          }),
          toJson: (entry) => ('actor' in entry ? auditDocument(entry) : unreadableDocument(entry)),
          columns: TRAIL_COLUMNS,
          toCells: (entry) => ('actor' in entry ? trailCells(entry) : unreadableCells(entry)),
          empty: 'There are no such events.',
        });
      });
    },
    { readTables: 'as they are' },
  );
}

/** Brings the trail up to date, as far as that goes. @throws Unavailable when a store can't be reached */
async function pump(cli: Cli, projections: ProjectionRunner, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(projections.pump(), signal);
    signal.throwIfAborted();
    const [stopped] = (await projections.status()).filter((each) => each.name === auditEvents.name && isStopped(each));
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

function matcher({ type, subject, actor }: TailOptions): (entry: TrailEntry) => boolean {
  const prefix = subject?.toLowerCase();
  return (entry) => {
    if (type !== undefined && !type.includes(entry.type)) return false;
    // Who did it is not known of an event that can't be read.
    if (actor !== undefined && (!('actor' in entry) || entry.actor !== actor)) return false;
    if (prefix === undefined) return true;
    const of = subjectOf(entry.stream);
    return of !== undefined && ('key' in of ? of.key.startsWith(prefix) : of.server === prefix);
  };
}
