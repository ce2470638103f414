import { auditDocument } from '../../../src/audit/auditDocument.ts';
import { apiKeyStream } from '../../../src/events/apiKey.ts';
import { streamRepairStream } from '../../../src/events/streamRepair.ts';
import type { AuditEventRow } from '../../../src/projections/auditEvents.ts';
import { changesOf, HISTORY_COLUMNS, historyCells } from '../../auditView.ts';
import type { Cli } from '../../cli.ts';
import { keyJson, keyTitle } from '../../keyView.ts';
import { layOutTable } from '../../output/table.ts';
import { historyPages } from '../../pages.ts';
import { resolveKey } from '../../resolveKey.ts';

/** Shows everything that ever happened to a key, a deleted one, too. */
export async function showKeyHistory(cli: Cli, id: string): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const row = await resolveKey(stores.db, id);
    const history: AuditEventRow[] = [];
    const stream = apiKeyStream(row.id);
    for (const each of [stream, streamRepairStream(stream)]) {
      for await (const page of historyPages(stores.db, each)) history.push(...page);
    }
    history.sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
    const changes = changesOf(history);
    const document = history.map((event, i) => ({ ...auditDocument(event), changes: changes[i] }));
    await cli.output.answer({ ...keyJson(row), history: document }, () => {
      const cells = history.map((event, i) => historyCells(event, changes[i] ?? []));
      const table = layOutTable(HISTORY_COLUMNS, cells, cli.output);
      return [keyTitle(row), '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}
