import { auditDocument } from '../../../src/audit/auditDocument.ts';
import { recentEvents } from '../../../src/audit/recent.ts';
import type { AuditEventRow } from '../../../src/projections/auditEvents.ts';
import { subjectOf } from '../../../src/events/streamName.ts';
import { TRAIL_COLUMNS, trailCells } from '../../auditView.ts';
import type { Cli } from '../../cli.ts';
import { onInterruption } from '../../interruption.ts';

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
  // From the event store itself, which needs no read table to be current.
  await cli.withStores(
    async ({ stores }) => {
      using interruption = onInterruption();
      await cli.output.answerList({
        pages: recentEvents(stores.events, {
          limit: lines,
          matches: matcher(options),
          follow: follow ? interruption.signal : undefined,
        }),
        toJson: auditDocument,
        columns: TRAIL_COLUMNS,
        toCells: trailCells,
        empty: 'There are no such events.',
      });
    },
    { readTables: 'as they are' },
  );
}

function matcher({ type, subject, actor }: TailOptions): (row: AuditEventRow) => boolean {
  const wanted = subject?.toLowerCase();
  return (row) => {
    if (type !== undefined && !type.includes(row.type)) return false;
    if (actor !== undefined && row.actor !== actor) return false;
    if (wanted === undefined) return true;
    const of = subjectOf(row.stream);
    return of !== undefined && ('key' in of ? of.key.startsWith(wanted) : of.server === wanted);
  };
}
