import type { AskForTools } from '../../src/administration/toolApproval.ts';
import { erasToAsk, readOfferedNow, type OfferedNow } from '../../src/catalogue/offeredNow.ts';
import { liveServerOf } from '../../src/live/liveServers.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import type { ServerSecrets } from '../../src/vault/serverSecrets.ts';
import { visitPatiently } from './patientVisit.ts';

export interface AskOptions {
  readonly db: Queryable;
  readonly secretsOf: (row: McpServerRow) => Promise<ServerSecrets>;
  readonly signal: AbortSignal;
}

/** Makes what has a server show its tools, as a gateway does: in each era in which it has shown them before. */
export function askForTools({ db, secretsOf, signal }: AskOptions): AskForTools {
  return async (row) => {
    const server = liveServerOf(row, await secretsOf(row));
    const offered: OfferedNow[] = [];
    for (const era of await erasToAsk(db, row)) {
      const visit = visitPatiently(server, { signal, era }, ({ upstream }, either) => readOfferedNow(upstream, either));
      offered.push(await visit);
    }
    return offered;
  };
}
