import { describe, expect, test } from 'vitest';
import { appendUntilKnown } from '../../src/events/appendOutcome.ts';
import type { EventStore, NewEvent } from '../../src/events/eventStore.ts';
import { collect, ids, newEvent, newEvents, newStream, refusal } from './eventStoreFixture.ts';

export function retryContract(store: () => EventStore): void {
  describe('appending again', () => {
    test('answers a retry as it answered the first try, whatever came after [events-retry-once]', async () => {
      const stream = newStream();
      await store().append(stream, 'no-stream', newEvents(1));
      const events = newEvents(3);
      const first = await store().append(stream, 0, events);
      expect(await store().append(stream, 0, events)).toEqual(first);
      await store().append(stream, 3, newEvents(2));
      expect(await store().append(stream, 0, events)).toEqual(first);
      expect(await collect(store().readStream(stream))).toHaveLength(6);
    });

    test('stores tries that race with the first one once, and answers all that it answers alike [events-retry-once]', async () => {
      const stream = newStream();
      const events = newEvents(2);
      const tries = await Promise.allSettled(
        Array.from({ length: 5 }, () => store().append(stream, 'no-stream', events)),
      );
      // EventStoreDB does not recognise a try while the first one is not indexed yet, and gives it no answer.
      for (const failed of tries.filter(({ status }) => status === 'rejected')) {
        expect(failed).toMatchObject({ reason: { kind: 'unavailable', code: 'append-outcome-unknown' } });
      }
      const answered = tries.flatMap((settled) => (settled.status === 'fulfilled' ? settled.value : []));
      const afterwards = await store().append(stream, 'no-stream', events);
      expect(answered.length).toBeGreaterThan(0);
      for (const answer of answered) expect(answer).toEqual(afterwards);
      expect(ids(await collect(store().readStream(stream)))).toEqual(ids(events));
    });

    test('answers every try that is repeated until it is answered [events-retry-until-known]', async () => {
      const stream = newStream();
      const events = newEvents(2);
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => appendUntilKnown(store(), stream, 'no-stream', events)),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(ids(await collect(store().readStream(stream)))).toEqual(ids(events));
    });

    test.each([
      ['goes on after the first try’s end', (a: NewEvent, b: NewEvent, c: NewEvent) => [a, b, c]],
      ['has another order', (a: NewEvent, b: NewEvent) => [b, a]],
      ['has a stranger in it', (a: NewEvent, _: NewEvent, c: NewEvent) => [a, c]],
    ])('refuses a retry that %s', async (_, retry) => {
      const stream = newStream();
      const [a, b, c] = [newEvent(), newEvent(), newEvent()];
      await store().append(stream, 'no-stream', [a, b]);
      const error = await refusal(store().append(stream, 'no-stream', retry(a, b, c)));
      expect(error).toMatchObject({ kind: 'conflict', data: { actual: 1 } });
      expect(ids(await collect(store().readStream(stream)))).toEqual(ids([a, b]));
    });

    test('refuses a retry with a revision that it had not', async () => {
      const stream = newStream();
      const events = newEvents(2);
      await store().append(stream, 'no-stream', events);
      expect(await refusal(store().append(stream, 0, events))).toMatchObject({ kind: 'conflict', data: { actual: 1 } });
    });
  });
}
