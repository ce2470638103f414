import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import { NotExamined } from '../notExamined.ts';
import type { Check } from '../check.ts';

/** The event store answers, and is the one that the read tables were built from. */
export const eventStore: Check = async ({ configuration: { settings }, needStores }) => {
  const { checkEvents } = await needStores();
  try {
    await checkEvents();
  } catch (error) {
    if (error instanceof NotFound)
      throw new NotExamined(error.message, `The first start makes it ready: ${GATEWAY_HERE}`);
    throw error;
  }
  const kind = settings.eventStoreUrl === undefined ? 'The same PostgreSQL' : 'EventStoreDB';
  return [{ state: 'ok', detail: `${kind} answers, and is the one of these tables` }];
};
