import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { officialClients } from './clients.ts';

type Program = ChildProcessByStdio<null, Readable, Readable>;

function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  // Nothing of this process's environment: a setting of the developer's must not decide a test.
  return spawn(process.execPath, [path, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outcome(program: Program): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function firstLine(program: Program): Promise<string> {
  program.stdout.setEncoding('utf8');
  let output = '';
  while (!output.includes('\n')) output += String((await once(program.stdout, 'data'))[0]);
  return output;
}

describe.each(['backendServer1', 'backendServer2'])('%s as a program', (name) => {
  test.each(['SIGTERM', 'SIGINT'] as const)('prints its URL in one line, serves, and ends with %s', async (signal) => {
    const program = run(`${name}/server.ts`, ['--port', '0']);
    try {
      const line = await firstLine(program);
      const [, url = ''] = /^backendServer\d listens on (http:\/\/127\.0\.0\.1:\d+\/mcp)\n$/.exec(line) ?? [];
      for (const { connect } of officialClients) {
        await using connection = await connect(url);
        expect(connection.client.getServerVersion()?.name).toBe(name);
      }
      program.kill(signal);
      expect(await outcome(program)).toEqual({ code: 0, stdout: '', stderr: '' });
    } finally {
      program.kill('SIGKILL');
    }
  });

  test('ends with 1 and says why when its port is taken', async () => {
    await using other = await startBackendServer1();
    const { code, stdout, stderr } = await outcome(run(`${name}/server.ts`, ['--port', new URL(other.url).port]));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^backendServer\d: listen EADDRINUSE.*\n$/);
  });

  test.each([
    [['--port', 'http'], 'port'],
    [['--prot', '1'], "Unknown option '--prot'"],
  ])('ends with 1 and says why when given %j', async (args, reason) => {
    const { code, stdout, stderr } = await outcome(run(`${name}/server.ts`, args));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });
});

test.each(officialClients)('backendServer2 ends at once although $sdk is on a tour', async ({ connect }) => {
  const program = run('backendServer2/server.ts', []);
  try {
    const [url = ''] = /http:\S+/.exec(await firstLine(program)) ?? [];
    const { client, callTool } = await connect(url);
    await new Promise((resolve) => {
      const args = { ship: 'Interrupted', pauseMs: 1_500 };
      callTool('grand_tour', args, { onprogress: resolve }).catch(() => undefined);
    });
    const signalledMs = performance.now();
    program.kill('SIGTERM');
    expect((await outcome(program)).code).toBe(0);
    // Seven more planets would take 10.5 seconds.
    expect(performance.now() - signalledMs).toBeLessThan(7_000);
    await client.close();
  } finally {
    program.kill('SIGKILL');
  }
});

describe('the client as a program', () => {
  test.each([
    [{}, ['backend1']],
    [{ METAMCP_URL: 'http://127.0.0.1:1' }, ['backend1']],
    [{ METAMCP_URL: 'not a url', METAMCP_API_KEY: 'mcp_key' }, ['backend1']],
    [{ METAMCP_URL: 'http://127.0.0.1:1', METAMCP_API_KEY: 'mcp_key' }, []],
  ])('explains its usage when given %j %j', async (env: Record<string, string>, args) => {
    const { code, stdout, stderr } = await outcome(run('client/client.ts', args, env));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: METAMCP_URL=/);
  });

  test('ends with 1 and says so when there is no gateway', async () => {
    const gone = await startBackendServer1();
    await gone[Symbol.asyncDispose]();
    const gatewayUrl = new URL('/', gone.url).href;
    const program = run('client/client.ts', ['x'], { METAMCP_URL: gatewayUrl, METAMCP_API_KEY: 'mcp_key' });
    const stderr = `The gateway at ${gatewayUrl} can't be reached.\n`;
    expect(await outcome(program)).toEqual({ code: 1, stdout: '', stderr });
  });

  test('ends with 1 and says so when something else answers', async () => {
    await using other = await startBackendServer1();
    const env = { METAMCP_URL: other.url, METAMCP_API_KEY: 'mcp_secret' };
    const { code, stdout, stderr } = await outcome(run('client/client.ts', ['x'], env));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('The gateway gave no token: no reason given (HTTP 404)\n');
  });
});
