import { expect, test } from 'vitest';
import { changesOf, formatChanges, trailCells } from '../../../cli/views/auditView.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import { mcpCatalogueStream } from '../../../src/events/mcpCatalogue.ts';
import { mcpServerStream } from '../../../src/events/mcpServer.ts';
import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import { catalogueChanged } from '../../projections/history.ts';

const KEY = '0192f000-0000-7000-8000-000000000001';

function row(stream: string, type: string, data: object, revision = 0): AuditEventRow {
  return {
    stream,
    revision,
    position: String(revision),
    id: crypto.randomUUID(),
    type,
    at: new Date(1_700_000_000_000 + revision),
    actor: 'cli:anna',
    correlationId: 'c',
    data: JSON.parse(JSON.stringify(data)) as AuditEventRow['data'],
  };
}

const detailOf = (event: AuditEventRow) => trailCells(event).at(-1)?.text;
const historyOf = (rows: readonly AuditEventRow[]) => changesOf(rows).map((changes) => formatChanges(changes));

const credential = (server: string, headers: readonly string[], env: readonly string[], reason?: string) =>
  row(apiKeyStream(KEY), 'ApiKeyCredentialSet', { server, headers, env, sealed: { box: 'hush' }, reason });

test('what a key gets of its own for a server names the server, headers and variables, and no value [audit-tail]', () => {
  expect(detailOf(credential('web', ['Authorization', 'X-Tenant'], []))).toBe(
    'headers for web Authorization, X-Tenant',
  );
  expect(detailOf(credential('files', [], ['TOKEN'], 'moved'))).toBe('variables for files TOKEN; because: moved');
  expect(detailOf(row(apiKeyStream(KEY), 'ApiKeyCredentialRemoved', { server: 'web' }))).toBe(
    'credential for web removed',
  );
});

test('the history of a key says what it was created with, and what became of that [audit-tail]', () => {
  const access = { scopes: ['mcp'], grants: [], roles: [{ name: 'eng' }], limits: ['5/s'], networks: ['10.0.0.0/8'] };
  const created = row(apiKeyStream(KEY), 'ApiKeyCreated', { name: 'ci', ...access });
  const changed = row(apiKeyStream(KEY), 'ApiKeyAccessChanged', { ...access, roles: [], limits: ['9/s'] }, 1);
  expect(historyOf([created, changed])).toEqual([
    'scopes mcp; grants none; roles eng; limits 5/s; networks 10.0.0.0/8; expires never',
    'roles eng → none; limits 5/s → 9/s',
  ]);
});

test('the history of a key says what became of the names before, by server [audit-tail]', () => {
  const removed = row(apiKeyStream(KEY), 'ApiKeyCredentialRemoved', { server: 'web' });
  expect(
    historyOf([
      credential('web', ['A'], []),
      credential('files', [], ['T']),
      credential('web', ['A', 'B'], []),
      credential('web', ['A', 'B'], []),
      removed,
      removed,
    ]),
  ).toEqual([
    'headers for web A',
    'variables for files T',
    'headers for web A → A, B',
    'headers for web A, B',
    'headers for web A, B → none',
    'credential for web removed',
  ]);
});

test('a reason stands beside what an event did, and does not take its place [audit-tail]', () => {
  const changed = { scopes: ['mcp'], grants: ['web'], reason: 'narrowed' };
  expect(detailOf(row(apiKeyStream(KEY), 'ApiKeyAccessChanged', changed))).toBe(
    'scopes mcp; grants web; because: narrowed',
  );
  expect(detailOf(row(apiKeyStream(KEY), 'ApiKeyInactivated', { reason: 'lost' }))).toBe('lost');
  expect(detailOf(row(apiKeyStream(KEY), 'ApiKeyCreated', { ...changed, name: 'ci', reason: undefined }))).toBe(
    'name ci; scopes mcp; grants web',
  );
});

test('the history of a server says which settings an update changed, and no secret [audit-tail]', () => {
  const settings = {
    transport: 'http',
    url: 'http://one/mcp',
    limits: { maxInFlight: 1000 },
    timeouts: { idleMs: 1 },
    isolation: 'session',
  };
  const stream = mcpServerStream('web');
  const { url: _url, ...others } = settings;
  const program = { ...others, transport: 'stdio', command: 'npx', args: ['-y', 'a server'] };
  expect(detailOf(row(stream, 'McpServerRegistered', program))).toBe("npx -y 'a server'");
  expect(
    historyOf([
      row(stream, 'McpServerRegistered', settings),
      row(stream, 'McpServerUpdated', { ...settings, url: 'http://two/mcp', onToolChange: 'hold', reason: 'x' }),
      row(stream, 'McpServerUpdated', {
        ...settings,
        url: 'http://two/mcp',
        limits: { maxInFlight: 5 },
      }),
      // The trail has nothing of what is sealed.
      row(stream, 'McpServerUpdated', { ...settings, url: 'http://two/mcp', limits: { maxInFlight: 5 } }),
      // Another server of the name.
      row(stream, 'McpServerRegistered', settings),
    ]),
  ).toEqual([
    '',
    'URL http://one/mcp → http://two/mcp; changed tools none → hold',
    'changed tools hold → none; maxInFlight 1000 → 5',
    'headers or variables changed',
    '',
  ]);
});

test('a change of a catalogue says which clients it is for, in a history only where they differ [catalogue-changes-recorded]', () => {
  const seen = (audience: object, revision: number) => {
    const { type, data } = catalogueChanged({ read: '1' });
    return row(mcpCatalogueStream('files'), type, { ...data, audience }, revision);
  };
  const digest = 'A'.repeat(43);
  const modern = seen({ era: 'modern' }, 0);
  const legacy = seen({ era: 'legacy', capabilities: digest }, 1);
  const ofKey = seen({ era: 'modern', key: KEY }, 2);
  expect([modern, legacy, ofKey].map(detailOf)).toEqual([
    'modern: tools added read',
    'legacy, capabilities AAAAAAAAAAAA: tools added read',
    `modern, key ${KEY}: tools added read`,
  ]);
  expect(historyOf([modern, legacy, ofKey])).toEqual([
    'for modern clients; tools added read',
    'for legacy clients with the capabilities AAAAAAAAAAAA; tools added read',
    `for modern clients of the key ${KEY}; tools added read`,
  ]);
  expect(historyOf([modern])).toEqual(['tools added read']);
});
