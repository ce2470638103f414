import type { CredentialFaults } from '../../../src/administration/credentialFaults.ts';
import { present } from '../../../src/administration/present.ts';
import { systemClock } from '../../../src/clock.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { CredentialNames } from '../../../src/projections/tables/keyLists.ts';
import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { usageOf, type UsageRow } from '../../../src/usage/usageQueries.ts';
import { changesOf, HISTORY_COLUMNS, historyCells } from '../../views/auditView.ts';
import type { Cli } from '../../cli.ts';
import { keyFields, keyJson } from '../../views/keyView.ts';
import { formatRecord, type Field } from '../../output/record.ts';
import type { Times } from '../../output/times.ts';
import { layOutTable } from '../../output/table.ts';
import { readWholeHistory } from '../../stores/pages.ts';
import { namesInHistory } from '../../stores/namesInHistory.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

/** Shows a key and its history. */
export async function showKey(cli: Cli, id: string): Promise<void> {
  await cli.withReadTables(async ({ db, stores }) => {
    const row = await resolveKey(db, id);
    const history = await readWholeHistory(db, apiKeyStream(row.id));
    const names = await namesInHistory(db, history);
    const used = await usageOfKey(db, row.id);
    const faults = await faultsOf(cli, stores, row);
    const document = {
      ...keyJson(row),
      ...(row.credentials.length > 0 && { credentials: row.credentials.map((each) => credentialJson(each, faults)) }),
      ...usedJson(used),
      history: history.map(toJson),
    };
    const { times } = cli.output;
    await cli.output.answer(document, () => {
      const changes = changesOf(history);
      const cells = history.map((event, i) =>
        historyCells(event, changes[i] ?? [], names).with(0, { text: times.short(event.at) }),
      );
      const table = layOutTable(HISTORY_COLUMNS, cells, cli.output);
      const record = formatRecord(
        [...keyFields(row, systemClock(), faults, names, times), ...usedFields(used, times)],
        cli.output.paint,
      );
      return [record, '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}

/** Opens the stores where there is something to look at: most keys have no credentials. */
async function faultsOf(cli: Cli, stores: Stores | undefined, row: ApiKeyRow): Promise<CredentialFaults> {
  if (row.credentials.length === 0) return new Map();
  const { credentialFaults } = await import('../../../src/administration/credentialFaults.ts');
  if (stores !== undefined) return credentialFaults(stores, row);
  return cli.withStores((opened) => credentialFaults(opened.stores, row));
}

function credentialJson({ server, headers, env }: CredentialNames, faults: CredentialFaults): object {
  return { server, header_names: headers, env_names: env, ...present({ fault: faults.get(server) }) };
}

/** All that is known of what the key was used for. */
async function usageOfKey(db: Queryable, keyId: string): Promise<UsageRow | undefined> {
  const [total] = await usageOf(db, { from: new Date(0), to: new Date(systemClock()), keyId, groupBy: [] });
  return total;
}

function usedJson(used: UsageRow | undefined): object {
  const at = used?.lastUsedAt;
  return { calls: used?.calls ?? 0, ...(at !== undefined && { last_used_at: at.toISOString() }) };
}

function usedFields(used: UsageRow | undefined, times: Times): Field[] {
  const at = used?.lastUsedAt;
  return at === undefined || used === undefined
    ? [['Last used', 'never, as far as usage is kept']]
    : [
        ['Last used', times.long(at)],
        ['Calls', `${used.calls.toLocaleString('en')}, ${used.failed.toLocaleString('en')} failed`],
      ];
}

function toJson({ revision, type, at, actor, correlationId, data }: AuditEventRow): object {
  return { revision, type, at: at.toISOString(), actor, correlation_id: correlationId, data };
}
