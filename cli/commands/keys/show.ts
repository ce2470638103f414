import { systemClock } from '../../../src/clock.ts';
import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { AuditEventRow } from '../../../src/projections/auditEvents.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../escape.ts';
import { formatTime, keyFields, keyJson } from '../../keyView.ts';
import { formatRecord } from '../../output/record.ts';
import { layOutTable, type Column } from '../../output/table.ts';
import { historyPages } from '../../pages.ts';
import { resolveKey } from '../../resolveKey.ts';

const COLUMNS: readonly Column[] = [
  { title: 'WHEN', min: 19, ellipsis: '' },
  { title: 'WHAT' },
  { title: 'BY', min: 8, drop: 1 },
  { title: 'REASON', min: 8, drop: 2 },
];

/** Shows a key and its history. */
export async function showKey(cli: Cli, id: string): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const row = await resolveKey(stores.db, id);
    const history: AuditEventRow[] = [];
    for await (const page of historyPages(stores.db, apiKeyStream(row.id))) history.push(...page);
    await cli.output.answer({ ...keyJson(row), history: history.map(toJson) }, () => {
      const cells = history.map(toCells);
      const table = layOutTable(COLUMNS, cells, cli.output);
      const record = formatRecord(keyFields(row, systemClock()), cli.output.paint);
      return [record, '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}

function toJson({ revision, type, at, actor, correlationId, data }: AuditEventRow): object {
  return { revision, type, at: at.toISOString(), actor, correlation_id: correlationId, data };
}

function toCells({ at, type, actor, data }: AuditEventRow) {
  const reason = typeof data === 'object' && data !== null && 'reason' in data ? data.reason : undefined;
  return [
    { text: formatTime(at) },
    { text: type.replace(/^ApiKey/, '') },
    { text: escape(actor) },
    { text: typeof reason === 'string' ? escape(reason) : '' },
  ];
}
