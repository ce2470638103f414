import {
  AccessDeniedError,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Refusal } from '../support/eventStoreDb/faults.ts';
import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeEach(async () => {
  server = await openWireServer();
  client = openClient(server.url);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const single = { credentials: { username: 'admin', password: 'changeit' } };

describe('an append', () => {
  test.each([{}, single])('whose connection drops before it is applied has not happened', async (options) => {
    server.faults.next('append', { fault: 'drop', when: 'before' });
    await expect(client.appendToStream('dropped', numbered(0), options)).rejects.toThrow(/UNAVAILABLE|dropped/);
    expect(server.history.lastRevision('dropped')).toBe(-1);
  });

  test.each([{}, single])('whose connection drops before it is answered has happened, and repeats', async (options) => {
    const event = numbered(0);
    server.faults.next('append', { fault: 'drop', when: 'after' });
    await expect(client.appendToStream('dropped', event, options)).rejects.toThrow(/UNAVAILABLE|dropped/);
    expect(server.history.lastRevision('dropped')).toBe(0);
    const again = await vi.waitFor(() =>
      client.appendToStream('dropped', event, { expectedRevision: 'no_stream', ...options }),
    );
    expect(again.nextExpectedRevision).toBe(0n);
    expect(server.history.lastRevision('dropped')).toBe(0);
  });

  test('hangs until it is let go on, while others are answered', async () => {
    server.faults.next('append', { fault: 'hang', when: 'before' }, 1, 'before');
    server.faults.next('append', { fault: 'hang', when: 'after' }, 1, 'after');
    const hanging = [client.appendToStream('before', numbered(0)), client.appendToStream('after', numbered(0))];
    await vi.waitFor(() => expect(server.faults.held).toBe(2));
    await client.appendToStream('another', numbered(0));
    expect(server.history.lastRevision('before')).toBe(-1);
    expect(server.history.lastRevision('after')).toBe(0);
    server.faults.release();
    await Promise.all(hanging);
    expect(server.history.lastRevision('before')).toBe(0);
    expect(server.faults.held).toBe(0);
  });

  test('that hangs while the server dies has not happened, and never does', async () => {
    server.faults.next('append', { fault: 'hang', when: 'before' });
    const hanging = client.appendToStream('dead', numbered(0));
    await vi.waitFor(() => expect(server.faults.held).toBe(1));
    const failed = expect(hanging).rejects.toThrow(/UNAVAILABLE|dropped/);
    await server.crash();
    await failed;
    await server.start();
    server.faults.release();
    await vi.waitFor(() => client.appendToStream('alive', numbered(0)));
    expect(server.history.lastRevision('dead')).toBe(-1);
  });

  test('of its own call that hangs ends at its deadline', async () => {
    server.faults.next('append', { fault: 'hang', when: 'before' });
    const late = client.appendToStream('late', numbered(0), { deadline: 50, ...single });
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError);
    await vi.waitFor(() => expect(server.faults.held).toBe(0));
  });

  test('can be slow', async () => {
    server.faults.next('append', { fault: 'delay', ms: 60 }, 1, 'slow');
    const answered: string[] = [];
    await Promise.all([
      client.appendToStream('slow', numbered(0)).then(() => answered.push('slow')),
      client.appendToStream('quick', numbered(0)).then(() => answered.push('quick')),
    ]);
    expect(answered).toEqual(['quick', 'slow']);
  });

  test('lets the test act at just that moment', async () => {
    server.faults.next('append', { fault: 'run', when: 'after', action: () => server.crash() });
    await expect(client.appendToStream('crashed', numbered(0))).rejects.toThrow(/UNAVAILABLE|dropped/);
    expect([server.isRunning, server.history.lastRevision('crashed')]).toEqual([false, 0]);
  });
});

describe('refusals', () => {
  const inBatch: [Refusal, new (...args: never[]) => Error][] = [
    ['access-denied', AccessDeniedError],
    ['unauthenticated', AccessDeniedError],
    ['not-leader', NotLeaderError],
    ['no-leader', UnknownError],
    ['timeout', DeadlineExceededError],
    ['too-busy', UnknownError],
    ['not-ready', UnknownError],
    ['unavailable', UnavailableError],
    ['stream-deleted', StreamDeletedError],
    ['max-append-size', MaxAppendSizeExceededError],
    ['unknown', UnknownError],
    ['internal', UnknownError],
  ];
  // What an append of many is told inside the call differs from what a call of its own ends with.
  const asCall = inBatch.map(([refusal, error]): (typeof inBatch)[number] => {
    if (refusal === 'timeout') return [refusal, TimeoutError];
    return [refusal, refusal === 'too-busy' || refusal === 'not-ready' ? UnavailableError : error];
  });

  test.each(inBatch)('%s reaches an append over the shared call', async (error, type) => {
    server.faults.next('append', { fault: 'refuse', error });
    await expect(client.appendToStream('refused', numbered(0))).rejects.toBeInstanceOf(type);
    expect(server.history.lastRevision('refused')).toBe(-1);
  });

  test.each(asCall)(
    '%s reaches an append over a call of its own, a read, a subscription, a deletion',
    async (error, type) => {
      const refusing = { fault: 'refuse', error } as const;
      for (const kind of ['append', 'read', 'subscribe', 'delete'] as const) server.faults.next(kind, refusing);
      await expect(client.appendToStream('refused', numbered(0), single)).rejects.toBeInstanceOf(type);
      await expect(collect(client.readAll())).rejects.toBeInstanceOf(type);
      await expect(collect(client.subscribeToAll())).rejects.toBeInstanceOf(type);
      await expect(client.deleteStream('refused')).rejects.toBeInstanceOf(type);
    },
  );

  test('stay until they are switched off', async () => {
    const off = server.faults.always('append', { fault: 'refuse', error: 'access-denied' });
    for (let index = 0; index < 3; index++) {
      await expect(client.appendToStream('refused', numbered(0))).rejects.toBeInstanceOf(AccessDeniedError);
    }
    off();
    await client.appendToStream('refused', numbered(0));
    server.faults.next('append', { fault: 'refuse', error: 'unknown' }, 2);
    server.faults.clear();
    await client.appendToStream('refused', numbered(0));
  });

  test('reach the questions a client asks first', async () => {
    server.faults.next('features', { fault: 'refuse', error: 'unavailable' });
    await expect(client.appendToStream('first', numbered(0))).rejects.toThrow(/UNAVAILABLE/);
    expect(server.calls.features).toBe(1);
    server.faults.next('features', { fault: 'hang', when: 'before' });
    const pending = client.appendToStream('first', numbered(0));
    await vi.waitFor(() => expect(server.faults.held).toBe(1));
    server.faults.release();
    await pending;
  });
});

describe.each(['read', 'subscribe'] as const)('a call to %s', (kind) => {
  // A read is read to its end: one that is left before it can keep the client from ending.
  const stream = (): AsyncIterable<unknown> =>
    kind === 'read' ? client.readStream('many') : client.subscribeToStream('many');
  beforeEach(() => client.appendToStream('many', numberedEvents(50)));

  async function seen(items: AsyncIterable<unknown>, count: { events: number }): Promise<void> {
    for await (const _ of items) if (++count.events === 50 && kind === 'subscribe') break;
  }

  test('stalls after so many events until it is let go on', async () => {
    server.faults.next(kind, { fault: 'stall', afterEvents: 20 });
    const count = { events: 0 };
    const reading = seen(stream(), count);
    await vi.waitFor(() => expect([count.events, server.faults.held]).toEqual([20, 1]));
    server.faults.release();
    await reading;
    expect(count.events).toBe(50);
  });

  test('breaks after so many events', async () => {
    server.faults.next(kind, { fault: 'break', afterEvents: 20 });
    const count = { events: 0 };
    await expect(seen(stream(), count)).rejects.toBeInstanceOf(UnavailableError);
    expect(count.events).toBe(20);
    await vi.waitFor(() => seen(stream(), { events: 0 }));
  });

  test('hangs, drops, or comes late', async () => {
    server.faults.next(kind, { fault: 'hang', when: 'before' });
    const hanging = seen(stream(), { events: 0 });
    await vi.waitFor(() => expect(server.faults.held).toBe(1));
    server.faults.release();
    await hanging;
    server.faults.next(kind, { fault: 'delay', ms: 20 });
    await seen(stream(), { events: 0 });
    server.faults.next(kind, { fault: 'drop', when: 'before' });
    await expect(seen(stream(), { events: 0 })).rejects.toBeInstanceOf(UnavailableError);
  });
});
