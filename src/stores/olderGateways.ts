import { Refused } from '../errors/appError.ts';
import { countReplicas } from '../live/replicas.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

/**
 * Refuses to bring the tables to this version while gateways run on them: they are of an older version, and could not be started again.
 * @throws Refused `gateways-older`
 */
export async function refuseUnderGateways(db: Queryable): Promise<void> {
  const [table] = await db.query<{ found: boolean }>(sql`select to_regclass('change_feeds') is not null as found`);
  if (table?.found !== true) return;
  const gateways = await countReplicas(db);
  if (gateways === 0) return;
  throw new Refused(
    'gateways-older',
    `The database has the tables of an older version of MetaMCP, and ${gateways === 1 ? 'a gateway of that runs' : `${gateways} gateways of that run`}. ` +
      'Start a gateway of this version first, or use the metamcp-cli of the older one. To change the tables all the same, after which no gateway of the older version starts any more: metamcp-cli db migrate',
  );
}
