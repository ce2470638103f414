import { roleNotFound } from '../../../src/commands/keyRole.ts';
import { keyRoleStream } from '../../../src/events/keyRole.ts';
import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import { listKeys } from '../../../src/projections/tables/keyLists.ts';
import { findRole } from '../../../src/projections/tables/keyRoles.ts';
import type { Cli } from '../../cli.ts';
import { formatRecord } from '../../output/record.ts';
import { layOutTable } from '../../output/table.ts';
import { namesInHistory } from '../../stores/namesInHistory.ts';
import { readWholeHistory } from '../../stores/pages.ts';
import { changesOf, HISTORY_COLUMNS, historyCells } from '../../views/auditView.ts';
import { keyTitle } from '../../views/keyView.ts';
import { keyCount, roleFields, roleJson, roleTimes } from '../../views/roleView.ts';

/** Keys that are named; those behind them are counted. */
const NAMED = 1_000;

/** Shows a role, who has it, and its history. */
export async function showRole(cli: Cli, name: string): Promise<void> {
  await cli.withReadTables(async ({ db }) => {
    const row = await findRole(db, name);
    if (row === undefined) throw roleNotFound(name);
    const history = await readWholeHistory(db, keyRoleStream(name));
    const names = await namesInHistory(db, history);
    const found = await listKeys(db, { role: name, without: ['deleted'], limit: NAMED });
    // One that had a role of this name before does not have this one.
    const keys = found.filter(({ roles }) => roles.some(({ id }) => id === row.id));
    const document = {
      ...roleJson(row),
      held_by: keys.map((key) => ({ id: key.id, name: key.name, status: key.status })),
      history: history.map(toJson),
    };
    await cli.output.answer(document, () => {
      const changes = changesOf(history);
      const cells = history.map((event, i) => historyCells(event, changes[i] ?? [], names));
      const table = layOutTable(HISTORY_COLUMNS, cells, cli.output);
      const holders = keys.length === 0 ? 'none' : keys.map(keyTitle).join(', ');
      const more = row.keys > keys.length ? `, and ${keyCount(row.keys - keys.length)} more` : '';
      const record = formatRecord(
        [...roleFields(row), ['Keys', `${holders}${more}`], ...roleTimes(row, names)],
        cli.output.paint,
      );
      return [record, '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}

function toJson({ revision, type, at, actor, correlationId, data }: AuditEventRow): object {
  return { revision, type, at: at.toISOString(), actor, correlation_id: correlationId, data };
}
