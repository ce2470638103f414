import { openEventStoreNamed } from '../../../src/stores/eventStores.ts';
import { copyEvents } from '../../../src/events/copyEvents.ts';
import { migrate } from '../../../src/postgres/migrate.ts';
import { findStreamHead, listStreamHeads } from '../../../src/projections/tables/streamHeads.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { createCliLogger } from '../../output/log.ts';
import { openProgressLine } from '../../output/progressLine.ts';

export interface CopyEventsOptions {
  readonly from: string;
  readonly to: string;
}

/** Copies the history of one event store into another. */
export async function copyHistory(cli: Cli, { from: source, to: target }: CopyEventsOptions): Promise<void> {
  await cli.withDatabase(async ({ db, settings }) => {
    await migrate(db);
    const sources = { settings, db, logger: createCliLogger(settings.logLevel) };
    await using from = await openEventStoreNamed(source, sources);
    await using to = await openEventStoreNamed(target, sources);
    using progress = openProgressLine(cli.stderr);
    const hasHistory = (await listStreamHeads(db, { limit: 1 })).length > 0;
    const report = await interruptible((signal) =>
      copyEvents({
        from,
        to,
        // The read tables know what is ours, unless they are empty.
        isGivenUp: async (stream) => hasHistory && (await findStreamHead(db, stream)) === undefined,
        onProgress: (events) => progress.show(`${events.toLocaleString('en')} events are in both …`),
        signal,
      }),
    );
    progress.clear();
    await cli.output.answer(report, () =>
      [
        `Both hold the same ${report.events.toLocaleString('en')} events; ${report.copied.toLocaleString('en')} were copied now.`,
        'Next: configure the gateways for the new store, then run: metamcp-cli db rebuild',
      ].join('\n'),
    );
  });
}
