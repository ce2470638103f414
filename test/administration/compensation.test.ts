import { describe, expect, it } from 'vitest';
import type { Administration } from '../../src/administration/administration.ts';
import { compensationOf, type Compensation } from '../../src/administration/compensation.ts';
import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';

const NOW = Date.parse('2026-01-31T09:00:00Z');
const ID = '00000000-0000-7000-8000-000000000000';

const eventOf =
  (stream: string) =>
  (revision: number, type: string, data: object = {}) => ({
    stream,
    revision,
    position: String(revision),
    id: `00000000-0000-7000-8000-00000000000${String(revision)}`,
    type,
    at: new Date(NOW + revision),
    actor: 'cli:someone@somewhere',
    correlationId: 'c',
    data,
  });
const event = eventOf(`apiKey-${ID}`);
const created = event(0, 'ApiKeyCreated', { name: 'k', scopes: ['mcp'], grants: ['github'], tags: ['team=a'] });

function possible(rows: readonly AuditEventRow[], at: number): Compensation {
  const found = compensationOf(rows, at);
  if ('refusal' in found) throw new Error(found.refusal);
  return found;
}
const overwritten = (rows: readonly AuditEventRow[], at: number) =>
  possible(rows, at).overwrites.map(({ revision }) => revision);

describe('a compensation', () => {
  it('gives a key the access that it had before the event, if it is as it was read, and names its cause [tui-undo] [cli-undo]', async () => {
    const rows = [created, event(1, 'ApiKeyAccessChanged', { scopes: ['mcp', 'audit:read'], grants: ['*'] })];
    const calls: unknown[][] = [];
    const keys = {
      changeAccess: (id: string, revise: (current: object) => object, ...rest: unknown[]) => {
        calls.push([id, revise({}), ...rest]);
        return Promise.resolve({});
      },
    };
    await possible(rows, 1).run({ keys } as unknown as Administration, TEST_CONTEXT, undefined);
    expect(calls).toEqual([
      [
        ID,
        { scopes: ['mcp'], grants: ['github'] },
        { ...TEST_CONTEXT, causationId: rows[1]?.id },
        { ifMatch: 1, reason: 'undo of ApiKeyAccessChanged 00000001' },
      ],
    ]);
  });

  it.each([
    ['a creation', [created], 0, 'delete the key instead'],
    ['a rotation', [created, event(1, 'ApiKeyRotated')], 1, 'rotation'],
    ['a secret', [created, event(1, 'ApiKeyCredentialSet')], 1, 'not shown to anybody'],
    ['what was deleted', [created, event(1, 'ApiKeyInactivated'), event(2, 'ApiKeyDeleted')], 1, 'final'],
    ['a leak', [created, event(1, 'ApiKeyInactivated', { leaked: true })], 1, 'found in the open'],
    [
      'what was done to a role of the same name before',
      ['KeyRoleCreated', 'KeyRoleChanged', 'KeyRoleDeleted', 'KeyRoleCreated'].map((type, at) =>
        eventOf('keyRole-eng')(at, type, { scopes: ['mcp'], grants: ['*'] }),
      ),
      1,
      'an earlier one',
    ],
    [
      'a deletion before its name was used again',
      ['McpServerRegistered', 'McpServerDeleted', 'McpServerRegistered'].map((type, at) =>
        eventOf('mcpServer-x')(at, type),
      ),
      1,
      'an earlier one',
    ],
    ['an unknown event', [created, event(1, 'ApiKeyPolished')], 1, 'does not know'],
  ])('is none of %s, and it is said why [tui-undo] [cli-undo]', (_, rows, at, why) => {
    expect(compensationOf(rows, at)).toEqual({ refusal: expect.stringContaining(why) });
  });

  it('names what it would take back besides: later events of the same part that left it otherwise [cli-undo]', () => {
    const off = event(1, 'ApiKeyInactivated');
    const on = event(2, 'ApiKeyActivated');
    expect(overwritten([created, off], 1)).toEqual([]);
    expect(overwritten([created, off, on], 1)).toEqual([]);
    expect(overwritten([created, off, on, event(3, 'ApiKeyInactivated')], 1)).toEqual([2, 3]);
    const narrowed = event(1, 'ApiKeyAccessChanged', { scopes: ['mcp'], grants: ['jira'] });
    const labelled = event(2, 'ApiKeyLabelled', { tags: [] });
    expect(overwritten([created, narrowed, labelled], 1)).toEqual([]);
    expect(
      overwritten([created, narrowed, event(2, 'ApiKeyAccessChanged', { scopes: ['mcp'], grants: ['*'] })], 1),
    ).toEqual([2]);
    expect(
      overwritten([created, narrowed, event(2, 'ApiKeyAccessChanged', { scopes: ['mcp'], grants: ['github'] })], 1),
    ).toEqual([]);
    expect(possible([created, labelled], 1).text).toContain('team=a');
  });
});
