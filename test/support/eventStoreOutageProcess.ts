import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../../src/errors/appError.ts';
import { appendUntilKnown } from '../../src/events/appendOutcome.ts';
import { eventsOf } from './eventsOf.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';

// Reads, appends and subscribes through whatever happens to the servers, and says on stdout what it has seen, one JSON a
// line. It never ends by itself: an end is a fault.
const [url = ''] = process.argv.slice(2);
const store = openEventStoreDb({ url, streams: ['witness-'], logger: createLogger('warn'), pollMs: 2_000 });
const stream = `witness-${randomUUID()}`;
const say = (seen: object): void => void process.stdout.write(`${JSON.stringify(seen)}\n`);

/** Does something again and again; a store that is away is no reason to end, and each other error is. */
async function forEver(what: string, work: () => Promise<object>): Promise<never> {
  for (;;) {
    const start = performance.now();
    try {
      say({ what, ...(await work()), ms: Math.round(performance.now() - start) });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      say({ what, code: error.code, message: error.message, ms: Math.round(performance.now() - start) });
    }
    await delay(50);
  }
}

let next = 0;
let event = { id: randomUUID(), type: 'Counted', data: { next }, metadata: {} };

async function append(): Promise<object> {
  // The same event until it is known to be stored: an outcome that stays unknown is asked for again.
  const { revision } = await appendUntilKnown(store, stream, next === 0 ? 'no-stream' : next - 1, [event]);
  if (revision !== next) throw new Error(`stored at ${revision} instead of ${next}`);
  next += 1;
  event = { id: randomUUID(), type: 'Counted', data: { next }, metadata: {} };
  return { revision };
}

async function read(): Promise<object> {
  // What was acknowledged before the reading began must be there.
  const least = next - 1;
  let last = -1;
  for await (const { revision } of store.readStream(stream, { direction: 'backwards', limit: 1 })) last = revision;
  if (last < least) throw new Error(`revision ${least} was acknowledged, and ${last} is the last one read`);
  return { last, connection: store.connection };
}

async function follow(): Promise<never> {
  let expected = 0;
  for await (const followed of eventsOf(store.subscribe({ signal: new AbortController().signal }))) {
    if (followed.stream !== stream) continue;
    if (followed.revision !== expected) throw new Error(`followed ${followed.revision} instead of ${expected}`);
    expected += 1;
    say({ what: 'follow', revision: followed.revision });
  }
  throw new Error('the subscription ended');
}

await Promise.race([
  forEver('append', append),
  forEver('read', read),
  forEver('end', async () => ({ end: String(await store.end()) })),
  forEver('check', async () => (await store.check(), {})),
  follow(),
]);
