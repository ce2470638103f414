import type { Check } from '../check.ts';

/** The event store answers, and is the one that the read tables were built from. */
export const eventStore: Check = async ({ configuration: { settings }, needStores }) => {
  const { events, projections } = await needStores();
  await events.check();
  await projections.verifyStore();
  const kind = settings.eventStoreUrl === undefined ? 'The same PostgreSQL' : 'EventStoreDB';
  return [{ state: 'ok', detail: `${kind} answers, and is the one of these tables` }];
};
