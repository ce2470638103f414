import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparable } from '../support/eventStoreDb/raw/comparable.ts';
import { openRawClient, type RawClient } from '../support/eventStoreDb/raw/rawClient.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { realServerCommand, startEventStoreServer } from '../support/eventStoreServer.ts';
import { APPENDS } from './interactions/appends.ts';
import { BATCHES } from './interactions/batches.ts';
import { DELETIONS } from './interactions/deletions.ts';
import type { Interaction } from './interactions/interaction.ts';
import { READS } from './interactions/reads.ts';
import { READS_OF_ALL } from './interactions/readsOfAll.ts';
import { LOGINS } from './interactions/logins.ts';
import { SUBSCRIPTIONS } from './interactions/subscriptions.ts';
import { SMALL_EVENTS } from './interactions/smallEvents.ts';

// The wire server is held to a real one: both are told the same over raw gRPC, and must answer the same.

const hasRealServer = realServerCommand() !== undefined;
if (!hasRealServer) process.stderr.write('left out: the comparison of the wire server with a real one\n');

interface Pair {
  readonly real: Target;
  readonly wire: Target;
}

interface Target {
  readonly port: number;
  readonly caFile: string | undefined;
}

function compare(
  name: string,
  open: (opened: AsyncDisposableStack) => Promise<Pair>,
  interactions: readonly Interaction[],
): void {
  describe.skipIf(!hasRealServer)(name, () => {
    const opened = new AsyncDisposableStack();
    let pair: Pair;
    beforeAll(async () => {
      pair = await open(opened);
    });
    afterAll(() => opened.disposeAsync());

    test.each(interactions.map((interaction) => [interaction.name, interaction] as const))(
      '%s',
      async (_name, interaction) => {
        const ids = Array.from({ length: 8 }, () => randomUUID());
        const stream = `same-${randomUUID()}`;
        const play = async ({ port, caFile }: Target): Promise<unknown> => {
          using clients = new DisposableStack();
          const as = (login?: { name: string; password: string }): RawClient =>
            clients.use(openRawClient(port, caFile, login));
          return comparable(await interaction.play({ raw: as(), as, stream, ids }), ids);
        };
        const [real, wire] = await Promise.all([play(pair.real), play(pair.wire)]);
        if (interaction.differsBecause === undefined) expect(wire).toEqual(real);
        else expect(wire, 'it does not differ any more').not.toEqual(real);
      },
    );
  });
}

async function openPair(
  opened: AsyncDisposableStack,
  real: Parameters<typeof startEventStoreServer>[0],
  wire: Parameters<typeof openWireServer>[0],
): Promise<Pair> {
  return { real: opened.use(await startEventStoreServer(real)), wire: opened.use(await openWireServer(wire)) };
}

compare('a server without users', (opened) => openPair(opened, {}, {}), [
  ...APPENDS,
  ...BATCHES,
  ...READS,
  ...READS_OF_ALL,
  ...SUBSCRIPTIONS,
  ...DELETIONS,
]);
compare('a server with users', (opened) => openPair(opened, { tls: true }, { tls: true }), LOGINS);
compare(
  'a server that takes small events only',
  (opened) => openPair(opened, { extra: ['--max-append-event-size=1000'] }, { maxAppendEventSizeBytes: 1_000 }),
  SMALL_EVENTS,
);
