import { streamsAbout } from '../../../../src/events/streamName.ts';
import { listStreamHistory, type AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { Stores } from '../../../../src/stores/stores.ts';

/** Events of one key or server that are shown; more is for `metamcp-cli audit keys`. */
const MAX_EVENTS = 500;

/** Reads what happened to a key or server, to its catalogue and its repairs too, the oldest first. @throws Unavailable */
export async function readHistory({ db }: Pick<Stores, 'db'>, stream: string): Promise<AuditEventRow[]> {
  const histories = await Promise.all(
    streamsAbout(stream).map((each) => listStreamHistory(db, each, { limit: MAX_EVENTS })),
  );
  return histories.flat().sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
}
