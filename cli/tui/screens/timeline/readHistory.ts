import { streamRepairStream } from '../../../../src/events/streamRepair.ts';
import { listStreamHistory, type AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { Stores } from '../../../../src/stores/stores.ts';

/** Events of one key or server that are shown; more is for `metamcp-cli audit keys`. */
const MAX_EVENTS = 500;

/** Reads what happened to a key or server, its repairs too, the oldest first. @throws Unavailable */
export async function readHistory({ db }: Pick<Stores, 'db'>, stream: string): Promise<AuditEventRow[]> {
  const [own, repairs] = await Promise.all([
    listStreamHistory(db, stream, { limit: MAX_EVENTS }),
    listStreamHistory(db, streamRepairStream(stream), { limit: MAX_EVENTS }),
  ]);
  return [...own, ...repairs].sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
}
