import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { ids, newEvents } from '../contract/eventStoreFixture.ts';

// Appends to a Postgres store and prints a line of JSON for each append that was acknowledged:
//   node appendLoop.ts URL STREAM-PREFIX WRITERS ROUNDS
// Then it disposes of what it opened and has nothing left to do.

const [url = '', prefix = '', writers = '', rounds = ''] = process.argv.slice(2);
await using db = openDatabase({ url, applicationName: 'append loop' });
await using store = openPostgresStore({ db, logger: createLogger('silent') });

// A subscription, which must not keep the process once the store is disposed of.
const reading = (async () => {
  let count = 0;
  for await (const _ of store.subscribe({ signal: new AbortController().signal })) {
    count += 1;
    if (count === Number(writers) * Number(rounds) * 3) return;
  }
})();

await Promise.all(
  Array.from({ length: Number(writers) }, async () => {
    const stream = `${prefix}-${randomUUID()}`;
    for (let round = 0; round < Number(rounds); round += 1) {
      const events = newEvents(3);
      const { revision } = await store.append(stream, round === 0 ? 'no-stream' : round * 3 - 1, events);
      // Written at once, so that nothing acknowledged is lost with the process.
      writeSync(1, `${JSON.stringify({ stream, revision, ids: ids(events) })}\n`);
    }
  }),
);
await reading;
