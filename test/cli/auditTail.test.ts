import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { cliFixture } from './cliFixture.ts';

// In processes of its own: it ends by a signal, or because its reader goes.

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

const cli = cliFixture();
beforeAll(async () => {
  await cli.run(['keys', 'create', '--name', 'before']);
});

function follow(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, 'audit', 'tail', '--follow', ...argv], {
    cwd: cli.folder,
    env: { ...PROGRAM_ENVIRONMENT, HOME: cli.folder, ...cli.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const closed = once(child, 'close');
  return {
    child,
    stderr: text(child.stderr),
    closed,
    stdout: () => stdout,
    /** Waits until stdout has `what`, and fails when it ends before. */
    async prints(what: string): Promise<void> {
      while (!stdout.includes(what)) {
        const [event] = await Promise.race([
          once(child.stdout, 'data').then(() => ['data']),
          closed.then(() => ['end']),
        ]);
        if (event === 'end' && !stdout.includes(what)) throw new Error(`it ended without “${what}”: ${stdout}`);
      }
    },
  };
}

describe('audit tail --follow', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'shows what happens, and on %s closes its one JSON document and ends with 0 [audit-tail] [cli-json-document]',
    async (signal) => {
      const tail = follow('--json', '-n', '1');
      await tail.prints('"position"');
      const { id } = (await cli.json(['keys', 'create', '--name', 'meanwhile'])).document;
      await tail.prints(id);
      await cli.run(['keys', 'inactivate', id]);
      await tail.prints(`"ApiKeyInactivated","category":"key","subject":"${id}"`);
      tail.child.kill(signal);
      expect((await tail.closed)[0]).toBe(0);
      expect(JSON.parse(tail.stdout())).toMatchObject([
        { category: 'key' },
        { type: 'ApiKeyCreated', subject: id },
        { type: 'ApiKeyInactivated', subject: id },
      ]);
      expect(await tail.stderr).toBe('');
    },
  );

  it('says which settings an update changed, also of one that comes [audit-tail]', async () => {
    await cli.run(['servers', 'add', 'settled', '--url', 'http://127.0.0.1:9/mcp']);
    await cli.run(['servers', 'update', 'settled', '--url', 'http://127.0.0.1:9/mcp', '--max-in-flight', '5']);
    const tail = follow('--subject', 'settled');
    await tail.prints('McpServerUpdated');
    await cli.run(['servers', 'update', 'settled', '--max-in-flight', '7', '--reason', 'busy']);
    await cli.run(['servers', 'update', 'settled', '--title', 'It']);
    await cli.run(['servers', 'update', 'settled', '--header', 'X-A: 2']);
    await tail.prints('headers or variables');
    tail.child.kill('SIGINT');
    await tail.closed;
    const [head = '', ...lines] = tail.stdout().trimEnd().split('\n');
    expect(lines.map((line) => line.slice(head.indexOf('DETAIL')))).toEqual([
      'http://127.0.0.1:9/mcp',
      'maxInFlight 1000 → 5',
      'maxInFlight 5 → 7; because: busy',
      'title none → It',
      'headers or variables changed',
    ]);
  });

  it('shows people nothing before something matches', async () => {
    const tail = follow('--subject', 'later');
    // What is there already does not match; how long it takes to get there nobody knows.
    for (let n = 0; tail.stdout() === ''; n += 1) {
      await cli.run(['servers', n % 2 === 0 ? 'add' : 'update', 'later', '--url', `http://127.0.0.1:${n + 1}/mcp`]);
      await cli.run(['keys', 'create', '--name', 'of no interest']);
    }
    tail.child.kill('SIGINT');
    expect((await tail.closed)[0]).toBe(0);
    expect(tail.stdout()).toMatch(/^WHEN +WHAT +SUBJECT/);
    expect(tail.stdout()).not.toContain('ApiKey');
  });

  it('ends quietly when nobody reads on', async () => {
    const tail = follow();
    await tail.prints('WHEN');
    tail.child.stdout.destroy();
    // It learns of it when it next has something to say.
    for (let ended = false; !ended;) {
      await cli.run(['keys', 'create', '--name', 'more']);
      ended = tail.child.exitCode !== null;
    }
    expect((await tail.closed)[0]).toBe(0);
    expect(await tail.stderr).toBe('');
  });
});
