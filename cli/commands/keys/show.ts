import { systemClock } from '../../../src/clock.ts';
import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { AuditEventRow } from '../../../src/projections/auditEvents.ts';
import { changesOf, HISTORY_COLUMNS, historyCells } from '../../auditView.ts';
import type { Cli } from '../../cli.ts';
import { keyFields, keyJson } from '../../keyView.ts';
import { formatRecord } from '../../output/record.ts';
import { layOutTable } from '../../output/table.ts';
import { historyPages } from '../../pages.ts';
import { resolveKey } from '../../resolveKey.ts';

/** Shows a key and its history. */
export async function showKey(cli: Cli, id: string): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const row = await resolveKey(stores.db, id);
    const history: AuditEventRow[] = [];
    for await (const page of historyPages(stores.db, apiKeyStream(row.id))) history.push(...page);
    await cli.output.answer({ ...keyJson(row), history: history.map(toJson) }, () => {
      const changes = changesOf(history);
      const cells = history.map((event, i) => historyCells(event, changes[i] ?? []));
      const table = layOutTable(HISTORY_COLUMNS, cells, cli.output);
      const record = formatRecord(keyFields(row, systemClock()), cli.output.paint);
      return [record, '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}

function toJson({ revision, type, at, actor, correlationId, data }: AuditEventRow): object {
  return { revision, type, at: at.toISOString(), actor, correlation_id: correlationId, data };
}
