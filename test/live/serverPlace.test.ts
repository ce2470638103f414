import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { placeOf } from '../../src/live/serverPlace.ts';

const SERVER: LiveServer = {
  name: 'files',
  id: 'files',
  enabled: true,
  transport: 'http',
  url: new URL('http://one.test/mcp?key=1'),
  headers: {},
  timeouts: DEFAULT_TIMEOUTS,
  limits: DEFAULT_LIMITS,
  revision: 3,
  registeredAt: '2026-01-01T00:00:00.000Z',
};
const PROGRAM = { command: 'run', args: ['a'], cwd: undefined, env: {}, isolation: 'shared' } as const;
const STDIO: LiveServer = { ...SERVER, transport: 'stdio', url: undefined, program: PROGRAM };

test.each<[string, LiveServer, Partial<LiveServer>]>([
  ['under another name', SERVER, { name: 'files-2' }],
  ['registered anew', SERVER, { registeredAt: '2026-01-02T00:00:00.000Z' }],
  ['at another host', SERVER, { url: new URL('http://two.test/mcp?key=1') }],
  ['at another path', SERVER, { url: new URL('http://one.test/mcp2?key=1') }],
  ['over another transport', SERVER, { transport: 'sse' }],
  ['with a credential of the key', SERVER, { credential: 'key.1' }],
  ['with another command', STDIO, { program: { ...PROGRAM, command: 'other' } }],
  ['with another argument', STDIO, { program: { ...PROGRAM, args: ['b'] } }],
  ['in another folder', STDIO, { program: { ...PROGRAM, cwd: '/srv' } }],
  ['whose address is known to be another', SERVER, { address: 'digest' }],
])('A server %s is at another place [aggregate-places]', (_what, server, changes) => {
  expect(placeOf({ ...server, ...changes })).not.toBe(placeOf(server));
});

test.each<[string, LiveServer, Partial<LiveServer>]>([
  ['another revision', SERVER, { revision: 4, limits: { ...DEFAULT_LIMITS } }],
  ['other headers', SERVER, { headers: { a: 'b' } }],
  ['another query', SERVER, { url: new URL('http://one.test/mcp?key=2') }],
  ['other variables', STDIO, { program: { ...PROGRAM, env: { A: 'b' } } }],
])('%s of a server is at the same place', (_what, server, changes) => {
  expect(placeOf({ ...server, ...changes })).toBe(placeOf(server));
});

test('A place is good for ids and headers: a name, and a digest without the signs that separate it from an id', () => {
  expect(placeOf(SERVER)).toMatch(/^files\.[0-9a-f]{16}$/);
});
