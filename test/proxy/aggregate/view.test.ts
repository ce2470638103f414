import { expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import type { Principal } from '../../../src/auth/principal.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { View } from '../../../src/proxy/aggregate/view.ts';
import { AGGREGATE_SERVER } from '../../../src/proxy/aggregate/aggregateServer.ts';

const principal = (...grants: string[]): Principal => ({
  keyId: 'k',
  keyName: 'k',
  key: undefined,
  scopes: new Set(['mcp'] as const),
  grants: compileGrants(grants),
});

const A: LiveServer = { ...AGGREGATE_SERVER, name: 'a' };
const B: LiveServer = { ...AGGREGATE_SERVER, name: 'b' };

/** A view of two servers, whose names can't be read any more. */
function viewOf(first: Principal) {
  let names: readonly string[] | Promise<readonly string[]> = ['a', 'b'];
  const servers = { names: () => names, find: (name: string) => (name === 'a' ? A : B) };
  const view = new View({ servers, principal: first, only: undefined, place: '*' });
  expect(view.ready()).toBeUndefined();
  names = new Promise(() => undefined);
  return view;
}

const shown = (view: View) => view.entries.map(({ server }) => server.name);

test('A grant that is withdrawn counts at once, also while servers can’t be read [auth-revocation-cuts]', () => {
  const view = viewOf(principal('*'));
  let changes = 0;
  view.onChange(() => changes++);
  view.grantTo(principal('b'));
  expect([shown(view), changes]).toEqual([['b'], 1]);
});

test('A grant that is narrowed to tools counts at once, also while servers can’t be read [auth-revocation-cuts]', () => {
  const view = viewOf(principal('*'));
  view.grantTo(principal('a:read', 'b'));
  const [{ grant } = { grant: 'all' as const }] = view.entries;
  expect(typeof grant === 'function' && [grant('read'), grant('write')]).toEqual([true, false]);
  expect(view.isNarrowed).toBe(true);
});
