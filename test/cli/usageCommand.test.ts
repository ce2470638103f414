import { beforeAll, describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../cli/commands/usage.ts';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage } from '../../src/usage/keyUsage.ts';
import { USAGE_DIMENSIONS } from '../../src/usage/usageQueries.ts';
import { call, methodCall } from '../usage/calls.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();
let keyId: string;
const OTHER_KEY = '0190a1b2-0000-7000-8000-000000000002';

beforeAll(async () => {
  keyId = (await cli.json(['keys', 'create', '--name', 'build \u202eserver'])).document.id;
  const counters = createCounters({ clock: () => Date.parse('2026-03-01T10:07:00Z') });
  for (let n = 0; n < 1_200; n += 1) counters.count(call({ keyId, bytesOut: 2_000 }));
  counters.count(call({ keyId, outcome: 'upstream-timeout', status: 504, durationMs: 31_000 }));
  counters.count(methodCall('tools/list', { keyId: OTHER_KEY, server: 'files' }));
  await addUsage(cli.database.db, { id: crypto.randomUUID(), increments: counters.take() });
});

const RANGE = ['--from', '2026-03-01', '--to', '2026-03-02'];

describe('metamcp-cli usage', () => {
  it('shows who used what, what was used most first [usage-cli]', async () => {
    const { code, stdout } = await cli.run(['usage', ...RANGE, '--by', 'key,server,tool,hour']);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^HOUR \(UTC\) +KEY +SERVER +TOOL +CALLS +FAILED +P50 MS +P95 MS +P99 MS +IN +OUT$/);
    expect(lines[1]).toMatch(
      /^2026-03-01 10:00 +build \\u\{202e\}server \([0-9a-f]{8}\) +github +search +1,201 +1 +3\.5 .* 120 kB +2\.4 MB$/,
    );
    expect(lines[2]).toContain(`${OTHER_KEY}  files   tools/list  1`);
    expect(lines[4]).toMatch(/^In all: 1,202 calls, 1 failed \(timeout 1\), 120 kB in, 2\.4 MB out\.$/);
  });

  it('prints one JSON document, or CSV [usage-cli]', async () => {
    const json = await cli.run(['usage', '--json', ...RANGE, '--by', 'key', '--key', keyId.slice(0, 30)]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      from: '2026-03-01T00:00:00.000Z',
      items: [{ key_id: keyId, key_name: 'build \u202eserver', calls: 1_201, errors: { timeout: 1 } }],
      total: { calls: 1_201 },
    });
    const csv = await cli.run(['usage', ...RANGE, '--by', 'server', '--by', 'day', '--csv']);
    expect(csv.stdout.split('\n')).toMatchObject([
      expect.stringMatching(/^time,key_id,server,/),
      expect.stringMatching(/^2026-03-01T00:00:00\.000Z,,files,,,1,0,/),
      expect.stringMatching(/^2026-03-01T00:00:00\.000Z,,github,,,1201,1,/),
      '',
    ]);
  });

  it('says so when nothing was used', async () => {
    for (const argv of [
      ['--last', '1h'],
      [...RANGE, '--server', 'nowhere'],
      [...RANGE, '--tool', 'none'],
    ]) {
      expect((await cli.run(['usage', ...argv])).stdout).toMatch(/^Nothing was used from 20.* UTC\.\n$/);
    }
  });

  it.for([
    ['--by', 'colour'],
    ['--last', '1h', '--from', '2026-03-01'],
    ['--from', '2026-03-02', '--to', '2026-03-01'],
    ['--from', 'soon'],
    ['--csv', '--json'],
  ])('is used wrongly with %s', async (argv) => {
    expect((await cli.run(['usage', ...argv])).code).toBe(2);
  });

  it('knows all that calls are told apart by', () => {
    expect(DIMENSIONS).toEqual(USAGE_DIMENSIONS);
  });
});

it('keys list tells when keys were last used [usage-last-used]', async () => {
  await cli.json(['keys', 'create', '--name', 'unused']);
  const { stdout } = await cli.run(['keys', 'list']);
  expect(stdout).toMatch(/^NAME +ID .* LAST USED$/m);
  expect(stdout).toMatch(/build .* 2026-03-01$/m);
  expect(stdout).toMatch(/unused .* never$/m);
  const keys = await cli.list(['keys', 'list']);
  expect(keys.find(({ id }) => id === keyId)).toMatchObject({ last_used_at: '2026-03-01T10:07:00.000Z' });
  expect(keys.find(({ name }) => name === 'unused')).not.toHaveProperty('last_used_at');
});

it('keys show tells when a key was last used [usage-cli] [usage-last-used]', async () => {
  const used = await cli.run(['keys', 'show', keyId]);
  expect(used.stdout).toMatch(/^Last used +2026-03-01T10:07:00Z$/m);
  expect(used.stdout).toMatch(/^Calls +1,201, 1 failed$/m);
  const { id } = (await cli.json(['keys', 'create', '--name', 'idle'])).document;
  expect((await cli.run(['keys', 'show', id])).stdout).toMatch(/^Last used +never, as far as usage is kept$/m);
  expect((await cli.json(['keys', 'show', id])).document).toMatchObject({ calls: 0 });
});
