import { expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import { createViews } from '../../../src/proxy/aggregate/views.ts';
import { MemoryKeys, MemoryServers } from '../../calls/memory.ts';

/** The views of a gateway with two servers, and what makes them forget all that nobody goes by. */
function world() {
  const keys = new MemoryKeys();
  const servers = new MemoryServers();
  for (const name of ['a', 'b']) servers.set(name, 'http://127.0.0.1:1/mcp');
  const principal = keys.add('mine');
  const views = createViews({ servers, keys });
  return {
    keys,
    servers,
    views,
    principal,
    evict() {
      for (let n = 0; n <= 1_000; n++) views.viewOf({ ...principal, keyId: `other-${String(n)}` }, '/mcp');
    },
  };
}

test.each(['in hand, and used by nobody yet', 'in use'])(
  'A view that was evicted has the grants that its key has by then (%s) [auth-revocation-cuts]',
  (when) => {
    const { keys, views, principal, evict } = world();
    const view = views.viewOf(principal, '/mcp');
    expect(view.ready()).toBeUndefined();
    if (when === 'in use') view.onChange(() => undefined);
    evict();
    keys.change(principal, { grants: compileGrants(['b', 'a:read']) });
    if (when !== 'in use') view.onChange(() => undefined);
    expect(view.entries.map(({ server }) => server.name)).toEqual(['a', 'b']);
    const [{ grant } = { grant: 'all' as const }] = view.entries;
    expect(typeof grant === 'function' && [grant('read'), grant('write')]).toEqual([true, false]);
    keys.change(principal, { grants: compileGrants(['b']) });
    expect(view.entries.map(({ server }) => server.name)).toEqual(['b']);
    keys.change(principal, undefined);
    expect(view.entries).toEqual([]);
  },
);

test('A view that was evicted is the one that later requests find, and follows its servers', () => {
  const { servers, views, principal, evict } = world();
  const view = views.viewOf(principal, '/mcp');
  expect(view.ready()).toBeUndefined();
  evict();
  servers.remove('a');
  expect(views.viewOf(principal, '/mcp')).toBe(view);
  expect(view.entries.map(({ server }) => server.name)).toEqual(['b']);
});

test('A request that was authenticated before a grant was withdrawn does not bring it back [auth-revocation-cuts]', () => {
  const { keys, views, principal } = world();
  const view = views.viewOf(principal, '/mcp');
  expect(view.ready()).toBeUndefined();
  keys.change(principal, { grants: compileGrants(['b']) });
  expect(views.viewOf(principal, '/mcp').entries.map(({ server }) => server.name)).toEqual(['b']);
});
