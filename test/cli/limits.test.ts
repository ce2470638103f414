import { afterAll, beforeAll, expect, it } from 'vitest';
import { openApplyWorld, stepsOf, type ApplyWorld } from './applyWorld.ts';

// Limits and networks on each way in of commands: what is stored afterwards.

let world: ApplyWorld;
beforeAll(async () => {
  world = await openApplyWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const LIMITS = ['requests=100/s', 'requests=1000/h', 'calls=3', 'tool:github:search_*=50/h'];
const NETWORKS = ['10.0.0.0/8', '2001:db8::/32'];
const optionsOf = (name: string, values: readonly string[]) => values.flatMap((value) => [name, value]);

async function storedOf(id: string) {
  const { limits, networks } = await world.key(id);
  return { limits, networks };
}

async function ratesOf(server: string) {
  const { document } = await world.cli.json(['servers', 'show', server]);
  return (document as unknown as { limits: { rates?: string[] } }).limits.rates;
}

it('keys create stores limits and networks, and keys access replaces them or takes them away [limits-stored]', async () => {
  const id = await world.createKey('ci', ...optionsOf('--limit', LIMITS), ...optionsOf('--network', NETWORKS));
  expect(await storedOf(id)).toEqual({ limits: LIMITS, networks: NETWORKS });
  const access = (...options: string[]) => world.cli.run(['keys', 'access', id, ...options]);
  await access('--grant', 'github');
  expect(await storedOf(id)).toEqual({ limits: LIMITS, networks: NETWORKS });
  await access('--limit', 'requests=10/s', '--network', '192.0.2.1');
  expect(await storedOf(id)).toEqual({ limits: ['requests=10/s'], networks: ['192.0.2.1'] });
  await access('--network', 'none');
  expect(await storedOf(id)).toEqual({ limits: ['requests=10/s'], networks: undefined });
  await access('--limit', 'none');
  expect(await storedOf(id)).toEqual({ limits: undefined, networks: undefined });
});

it('servers add and servers update store the limits of a server [limits-stored]', async () => {
  await world.cli.run(['servers', 'add', 'files', '--url', 'http://127.0.0.1:1/mcp', '--limit', 'requests=5/h']);
  expect(await ratesOf('files')).toEqual(['requests=5/h']);
  await world.cli.run(['servers', 'update', 'files', '--limit', 'streams=2', '--limit', 'bytes=1MiB/m']);
  expect(await ratesOf('files')).toEqual(['streams=2', 'bytes=1MiB/m']);
  await world.cli.run(['servers', 'update', 'files', '--limit', 'none']);
  expect(await ratesOf('files')).toBeUndefined();
});

const FILE = (key: string, server = '') => `version: 1
servers:
  wiki: { url: https://wiki.example/mcp${server} }
keys:
  bot: { scopes: [mcp]${key} }
`;

it('apply stores limits and networks, changes them, and takes away what the file has no more [limits-stored]', async () => {
  const list = (values: readonly string[]) => `[${values.map((value) => `'${value}'`).join(', ')}]`;
  const file = FILE(`, limits: ${list(LIMITS)}, networks: ${list(NETWORKS)}`, `, limits: { rates: ['requests=7/m'] }`);
  const { code, document } = await world.apply(file);
  expect(code).toBe(0);
  const id = document.keys[0]?.id ?? '';
  expect(await storedOf(id)).toEqual({ limits: LIMITS, networks: NETWORKS });
  expect(await ratesOf('wiki')).toEqual(['requests=7/m']);
  expect(stepsOf(await world.apply(file))).toEqual(['none server wiki', 'none key bot']);
  await world.apply(FILE(`, limits: [requests=1/s], networks: ['192.0.2.0/24']`));
  expect(await storedOf(id)).toEqual({ limits: ['requests=1/s'], networks: ['192.0.2.0/24'] });
  expect(await ratesOf('wiki')).toBeUndefined();
  await world.apply(FILE(''));
  expect(await storedOf(id)).toEqual({ limits: undefined, networks: undefined });
});

it('of two limits for the same at once, the greater one is refused by name, wherever they come from [limits-void]', async () => {
  const message = /calls=5.*changes nothing beside calls=3: take it out/;
  const calls = ['--limit', 'calls=5', '--limit', 'calls=3'];
  const created = await world.cli.json(['keys', 'create', '--name', 'x', ...calls]);
  expect(created).toMatchObject({ code: 2, document: { error: { code: 'limit-invalid' } } });
  expect(created.document.error.message).toMatch(message);
  const streams = ['--limit', 'streams=1', '--limit', 'streams=2'];
  const added = await world.cli.json(['servers', 'add', 'x', '--url', 'http://127.0.0.1:1/mcp', ...streams]);
  expect(added.document.error.message).toMatch(/streams=2.*changes nothing beside streams=1: take it out/);
  for (const file of [FILE(', limits: [calls=5, calls=3]'), FILE('', ', limits: { rates: [streams=1, streams=2] }')]) {
    const { code, document } = await world.apply(file);
    expect(code).not.toBe(0);
    expect(JSON.stringify(document.error)).toMatch(/changes nothing beside/);
  }
});
