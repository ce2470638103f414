import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const TABLES = 'src/projections/tables';

/** The one file with the queries of a table, what projects into it, and those that join it with others in one statement. */
const OWNERS: Readonly<Record<string, { readonly owner: string; readonly beside?: readonly string[] }>> = {
  api_keys: {
    owner: `${TABLES}/apiKeys.ts`,
    beside: [
      `${TABLES}/apiKeysProjection.ts`,
      `${TABLES}/expiringKeys.ts`,
      `${TABLES}/keyLists.ts`,
      `${TABLES}/keyReferences.ts`,
      'src/vault/sealedRows.ts',
    ],
  },
  key_roles: { owner: `${TABLES}/keyRoles.ts`, beside: [`${TABLES}/keyRolesProjection.ts`] },
  mcp_servers: {
    owner: `${TABLES}/mcpServers.ts`,
    beside: [`${TABLES}/mcpServersProjection.ts`, 'src/catalogue/rememberedTable.ts', 'src/vault/sealedRows.ts'],
  },
  approved_tools: { owner: `${TABLES}/approvedTools.ts` },
  remembered_catalogues: { owner: 'src/catalogue/rememberedTable.ts' },
  audit_events: { owner: `${TABLES}/auditEvents.ts`, beside: [`${TABLES}/auditEventsProjection.ts`] },
  stream_heads: {
    owner: `${TABLES}/streamHeads.ts`,
    beside: [`${TABLES}/streamKnowledge.ts`, `${TABLES}/hiddenStreams.ts`],
  },
  hidden_streams: { owner: `${TABLES}/hiddenStreams.ts`, beside: [`${TABLES}/streamKnowledge.ts`] },
  retired_streams: { owner: `${TABLES}/retiredStreams.ts`, beside: ['src/vault/sealedRows.ts'] },
  unreadable_events: {
    owner: `${TABLES}/unreadableEvents.ts`,
    beside: [`${TABLES}/streamKnowledge.ts`, `${TABLES}/unreadableEventsProjection.ts`],
  },
  stream_snapshots: { owner: `${TABLES}/streamSnapshots.ts`, beside: [`${TABLES}/streamKnowledge.ts`] },
  withheld_streams: { owner: `${TABLES}/withheldStreams.ts`, beside: ['src/projections/rebuilding/shadow.ts'] },
  checkpoints: { owner: `${TABLES}/checkpoints.ts`, beside: ['src/stores/currentTables.ts'] },
  installation: { owner: `${TABLES}/installation.ts` },
  vault_keys: { owner: 'src/vault/vaultKeys.ts', beside: ['src/vault/sealedRows.ts'] },
  ended_sessions: { owner: 'src/live/endedSessions.ts' },
  change_feeds: { owner: 'src/live/replicas.ts' },
  rate_leases: { owner: 'src/calls/rateLeases.ts' },
  key_usage: { owner: 'src/usage/keyUsage.ts', beside: ['src/usage/usageQueries.ts'] },
  key_usage_batches: { owner: 'src/usage/keyUsage.ts' },
  events: { owner: 'src/events/postgres/pages.ts', beside: ['src/stores/currentTables.ts'] },
  event_store_identity: { owner: 'src/events/postgres/pages.ts', beside: ['src/stores/currentTables.ts'] },
};

/** Finds the tables that the SQL statements of a source file name. */
function tablesIn(source: string): Set<string> {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statements = (code.match(/`[^`]*`/g) ?? []).filter((text) =>
    /\b(select|insert into|update|delete from)\b/.test(text),
  );
  const named = statements.join(';').matchAll(/\b(?:from|into|join|update|using)\s+([a-z_]+)\b/g);
  return new Set([...named].map(([, table = '']) => table).filter((table) => Object.hasOwn(OWNERS, table)));
}

async function sources(): Promise<string[]> {
  const folders = await Promise.all(
    ['src', 'cli'].map(async (folder) =>
      (await readdir(new URL(folder, ROOT), { recursive: true })).map((path) => `${folder}/${path}`),
    ),
  );
  return folders.flat().filter((path) => /\.tsx?$/.test(path));
}

describe('a table', async () => {
  const users = new Map<string, string[]>();
  for (const path of await sources()) {
    for (const table of tablesIn(await readFile(new URL(path, ROOT), 'utf8'))) {
      users.set(table, [...(users.get(table) ?? []), path]);
    }
  }

  test.each(Object.entries(OWNERS))(
    '%s has its statements in one file, and in those that are named here beside it',
    (table, { owner, beside = [] }) => {
      expect(users.get(table)?.toSorted()).toEqual([owner, ...beside].toSorted());
    },
  );

  test('that a migration makes has an owner here', async () => {
    const folder = new URL('migrations/', ROOT);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
    const made = new Set<string>();
    for (const name of files) {
      for (const [, action, table = ''] of (await readFile(new URL(name, folder), 'utf8')).matchAll(
        /^\s*(create|drop) table (?:if (?:not )?exists )?([a-z_]+)/gm,
      )) {
        if (action === 'create') made.add(table);
        else made.delete(table);
      }
    }
    expect([...made].toSorted()).toEqual(Object.keys(OWNERS).toSorted());
  });
});
