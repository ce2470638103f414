import { afterAll, beforeAll, expect, it } from 'vitest';
import { openApplyWorld, stepsOf, type ApplyWorld } from './applyWorld.ts';

const FILE = `version: 1
servers:
  search:
    title: Search
    command: npx
    args: [-y, search-server, "--root", "\${FOLDER}"]
    cwd: tools
    env: { API_KEY: "\${env:SEARCH_KEY}", MODE: fast, EMPTY: "", TOKEN: { from_file: search.token } }
    isolation: shared
    timeouts: { connect: 20s, idle_stop: 10m }
    limits: { max_in_flight: 5, memory_bytes: 536870912, open_files: 256, processes: 64, restarts: 2 }
  bare: { transport: stdio, command: server, enabled: false }
  events:
    transport: sse
    url: https://events.example/sse
    headers: { Authorization: "\${env:SEARCH_KEY}" }
`;
const env = { SEARCH_KEY: 'hush-key', FOLDER: '/srv/data' };

let world: ApplyWorld;
beforeAll(async () => {
  world = await openApplyWorld();
  await world.write('hush-token\n', 'search.token');
});
afterAll(() => world[Symbol.asyncDispose]());

it('servers that are programs, and those of SSE, are made as the file says, shown before, and found the same after [configuration-apply] [configuration-local-servers]', async () => {
  const planned = await world.apply(FILE, ['--dry-run'], { env });
  expect(stepsOf(planned)).toEqual(['create server search', 'create server bare', 'create server events']);
  const [search] = planned.document.steps;
  expect(Object.fromEntries((search?.changes ?? []).map(({ field, after }) => [field, after]))).toMatchObject({
    transport: 'stdio',
    command: 'npx',
    args: ['-y', 'search-server', '--root', '/srv/data'],
    cwd: `${world.cli.folder}/tools`,
    'env.API_KEY': '(secret)',
    'env.TOKEN': '(secret)',
  });
  expect(await world.events()).toEqual([]);

  const applied = await world.apply(FILE, [], { env });
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  expect(await world.shown('search')).toMatchObject({
    transport: 'stdio',
    title: 'Search',
    args: ['-y', 'search-server', '--root', '/srv/data'],
    cwd: `${world.cli.folder}/tools`,
    isolation: 'shared',
    env_names: ['API_KEY', 'MODE', 'EMPTY', 'TOKEN'],
    timeouts: { connect_ms: 20_000, idle_stop_ms: 600_000 },
    limits: { max_in_flight: 5, memory_bytes: 536_870_912, open_files: 256, processes: 64, restarts: 2 },
  });
  expect(await world.shown('bare')).toMatchObject({ command: 'server', enabled: false });
  expect(await world.shown('events')).toMatchObject({ transport: 'sse', url: 'https://events.example/sse' });
  const again = await world.apply(FILE, [], { env });
  expect(stepsOf(again).every((step) => step.startsWith('none'))).toBe(true);
  expect(JSON.stringify([planned, applied, again])).not.toContain('hush');
});

it('a difference of each member is told [configuration-diff]', async () => {
  const changed = FILE.replace('search-server', 'other-server')
    .replace('MODE: fast', 'MODE: slow')
    .replace('cwd: tools', 'cwd: /srv')
    .replace('restarts: 2', 'restarts: 3')
    .replace('idle_stop: 10m', 'idle_stop: 11m')
    .replace('events.example/sse', 'events.example/other');
  const { code, document } = await world.diff(changed, [], { env });
  expect(code).toBe(1);
  const fields = document.steps.flatMap(({ name, changes }) => changes.map(({ field }) => `${name} ${field}`));
  expect(fields.toSorted()).toEqual(
    ['args', 'cwd', 'env.MODE', 'limits.restarts', 'timeouts.idle_stop_ms']
      .map((field) => `search ${field}`)
      .concat('events url')
      .toSorted(),
  );
});

it('what is exported is applied without a difference, and what is not in a file is removed with --prune [configuration-export-round-trip] [configuration-prune]', async () => {
  const { stdout } = await world.cli.run(['servers', 'export']);
  expect(stdout).not.toContain('hush');
  const values = {
    SEARCH_API_KEY: 'hush-key',
    SEARCH_MODE: 'fast',
    SEARCH_TOKEN: 'hush-token',
    EVENTS_AUTHORIZATION: 'hush-key',
  };
  const onto = await world.diff(stdout, [], { env: values });
  expect(onto).toMatchObject({ code: 0, document: { differs: false } });
  const pruned = await world.apply('version: 1\nservers: { bare: { command: server, enabled: false } }\n', [
    '--prune',
    '--yes',
  ]);
  expect(stepsOf(pruned).toSorted()).toEqual(['none server bare', 'remove server events', 'remove server search']);
});

it.each([
  ['{ command: x, headers: { A: b } }', 'has a command, so headers have no meaning'],
  ['{ url: "https://x.example/", env: { A: b } }', 'args, cwd and env have no meaning'],
  ['{ command: x, transport: sse }', 'has a transport that does not go with it'],
  ['{ command: x, args: ["--key", "${API_KEY}"] }', 'put secrets into env'],
  ['{ command: x, env: { A: 1 } }', 'needs quotes'],
])('%s is refused with what is wrong [configuration-strict]', async (server, message) => {
  const refused = await world.apply(`version: 1\nservers: { one: ${server} }\n`, [], { env: { API_KEY: 'hush' } });
  expect(refused.code).toBe(2);
  expect(refused.document.error.message).toContain(message);
});
