import { expect, it } from 'vitest';
import { createAccessLog } from '../../src/calls/accessLog.ts';
import { call } from '../usage/calls.ts';

const KEY = `mcp_${'a'.repeat(22)}_${'b'.repeat(49)}`;

function world(level = 'info') {
  const lines: string[] = [];
  const log = createAccessLog({
    logger: { isLevelEnabled: (asked) => asked === level },
    to: { write: (line) => void lines.push(line) },
    clock: () => Date.UTC(2026, 10, 29),
  });
  return { log, lines };
}

it('a call has one line of JSON: who called what, and what came of it [ops-access-log]', () => {
  const { log, lines } = world();
  log(call({ requestId: 'request-1', protocol: 'h2', keyName: 'lap"top', tool: 'say "hi"\n' }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 30,
    time: '2026-11-29T00:00:00.000Z',
    requestId: 'request-1',
    protocol: 'h2',
    keyId: call().keyId,
    key: 'lap"top',
    server: 'github',
    method: 'tools/call',
    tool: 'say "hi"\n',
    outcome: 'ok',
    status: 200,
    durationMs: 3,
    bytesIn: 100,
    bytesOut: 1_000,
    msg: 'call',
  });
});

it('a name that a client has made up takes little room, and shows no key [ops-access-log]', () => {
  const { log, lines } = world();
  log(call({ tool: 't'.repeat(100_000), method: KEY }));
  expect(lines[0]?.length).toBeLessThan(1_000);
  expect(lines[0]).not.toContain(KEY.slice(0, 30));
});

it('a log of warnings has no line for calls [ops-access-log]', () => {
  const { log, lines } = world('warn');
  log(call());
  expect(lines).toEqual([]);
});
