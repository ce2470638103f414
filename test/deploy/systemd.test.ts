import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { ROOT } from './composeFile.ts';

const path = new URL('deploy/metamcp.service', ROOT).pathname;
const unit = Object.fromEntries(
  [...readFileSync(path, 'utf8').matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);
/** Undefined: there is none. */
const version = /^systemd (\d+)/.exec(
  spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)?.[1];
/** The first one that has Type=notify-reload. */
const KNOWS_RELOAD = 253;

test.skipIf(version === undefined)('deploy/metamcp.service is what systemd takes [ops-unit]', () => {
  const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  // The units that it depends on are this machine's.
  const ours = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes('metamcp.service'))
    .filter((line) => Number(version) >= KNOWS_RELOAD || !line.includes('service type, ignoring: notify-reload'));
  expect({ status, ours }).toEqual({ status: 0, ours: [] });
});

test('deploy/metamcp.service waits longer than a stop may take, and gives few rights [ops-unit]', () => {
  const { stop } = readSettings({ env: {}, cwd: '/nowhere' });
  // And 10 s for programs of servers, twice 5 s.
  expect(Number(unit['TimeoutStopSec']) * 1_000).toBeGreaterThan(stop.delayMs + stop.drainMs + 10_000);
  expect(unit).toMatchObject({
    Type: 'notify-reload',
    NotifyAccess: 'all',
    DynamicUser: 'yes',
    StateDirectory: 'metamcp',
    NoNewPrivileges: 'yes',
    ProtectSystem: 'strict',
    CapabilityBoundingSet: '',
  });
});
