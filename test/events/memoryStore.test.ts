import { expect, test } from 'vitest';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { collect, newEvents } from '../contract/eventStoreFixture.ts';
import { eventStoreContract } from '../contract/eventStore.ts';

eventStoreContract(
  'the memory store',
  () => {
    const history = new MemoryHistory();
    return Promise.resolve({ open: () => openMemoryStore(history), [Symbol.asyncDispose]: () => Promise.resolve() });
  },
  { findsTakenIds: true },
);

test('a memory store begins empty and shares nothing with another', async () => {
  const [one, other] = [openMemoryStore(), openMemoryStore()];
  expect(await one.end()).toBeUndefined();
  await one.append('s', 'no-stream', newEvents(1));
  expect(await collect(other.readAll())).toEqual([]);
  expect(await other.end()).toBeUndefined();
});

test('a memory store that is disposed of says so', async () => {
  const store = openMemoryStore();
  await store[Symbol.asyncDispose]();
  await expect(store.append('s', 'no-stream', newEvents(1))).rejects.toMatchObject({ code: 'event-store-closed' });
});
