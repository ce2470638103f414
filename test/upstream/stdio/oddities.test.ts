import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { createLogger } from '../../../src/logging/logger.ts';
import { DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { callTool } from '../../../src/upstream/callTool.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { openStdio } from '../../../src/upstream/stdio/openStdio.ts';
import { failure } from '../support/connect.ts';
import { ask, createPrograms, openOdd, QUICK } from './oddWorld.ts';

const programs = createPrograms();
afterAll(() => programs[Symbol.asyncDispose]());

test('garbage on the output is skipped, and logged at a bounded rate', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const stderr = { ...QUICK.stderr, burst: 2, perSecond: 0 };
  await using upstream = await openOdd(programs, 'garbage', { logger, settings: { stderr } });
  expect(await ask(upstream, 'pid')).toHaveProperty('pid');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ server: 'odd', stdout: 'Welcome!' });
});

test('a list of 10 MB comes whole', async () => {
  await using upstream = await openOdd(programs, 'list');
  expect((await listTools(upstream)).items).toHaveLength(10_000);
});

test('a server that never reads its input gets a bounded queue, and callers a clear error', async () => {
  await using upstream = await openOdd(programs, 'deaf', { settings: { unreadBytes: 2_000_000 } });
  const params = { text: 'x'.repeat(500_000) };
  const abort = new AbortController();
  const waiting: Promise<unknown>[] = [];
  let refusal: unknown;
  for (let n = 0; n < 20 && refusal === undefined; n++) {
    const asked = failure(upstream.ask({ method: 'hang', params }, { signal: abort.signal }).next());
    waiting.push(asked);
    // What is refused fails without the server; what is queued waits for it.
    refusal = await Promise.race([
      asked,
      new Promise<undefined>((resolve) => setImmediate(() => setImmediate(() => resolve(undefined)))),
    ]);
  }
  expect(refusal).toMatchObject({ code: 'upstream-not-reading' });
  abort.abort(new Error('enough'));
  await Promise.all(waiting);
});

test('a server that floods is read no further than is taken', async () => {
  await using upstream = await openOdd(programs, 'floods', {
    settings: { waiting: { messages: 10, bytes: 1e6 }, unasked: { burst: 1e6, perSecond: 1e6 } },
  });
  const listening = upstream.listen({ signal: new AbortController().signal });
  await listening.next();
  // Nothing that comes behind the flood is read while the listener takes nothing.
  const asked = ask(upstream, 'pid');
  const first = await Promise.race([asked, Promise.resolve('nothing')]);
  expect(first).toBe('nothing');
  const ending = failure(
    (async () => {
      for await (const message of listening) expect(message.kind).toBe('notification');
    })(),
  );
  expect(await asked).toHaveProperty('pid');
  await upstream[Symbol.asyncDispose]();
  expect(await ending).toMatchObject({ code: 'upstream-closed' });
});

test('a server that closes its output is stopped, and started again', async () => {
  const error = await failure(openOdd(programs, 'closes-output'));
  expect(error).toMatchObject({ code: 'upstream-process-ended' });
});

test('what a server prints is kept within bounds, the last lines', async () => {
  const stderr = { ...QUICK.stderr, keptLines: 3 };
  await using upstream = await openOdd(programs, 'talks', { settings: { stderr } });
  await expect.poll(() => upstream.stderr.lines.map(({ text }) => text)).toEqual(['line 497', 'line 498', 'line 499']);
});

test('no part of a secret shows of a line that is too long, whatever it prints it to', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const TOKEN = 'abcdefghijklmnopqrstuvwxyz0123456789';
  await using upstream = await openOdd(programs, 'tells', { logger, server: { env: { TOKEN } } });
  await expect.poll(() => lines.join('')).toMatch(/"stdout".*"stderr"|"stderr".*"stdout"/s);
  const shown = [...lines, ...upstream.stderr.lines.map(({ text }) => text)].join('\n').replaceAll('[secret]', '');
  expect(shown).not.toMatch(/[a-z]{3}def|cde|789/);
});

describe('server-everything', () => {
  const file = join(import.meta.dirname, '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
  const open = (capabilities: Record<string, object>) =>
    openStdio(
      { name: 'everything', command: process.execPath, args: [file, 'stdio'], env: {}, timeouts: DEFAULT_TIMEOUTS },
      {
        programs,
        client: { clientInfo: { name: 'metamcp', version: '1' }, capabilities },
        logger: createLogger('silent'),
        settings: QUICK,
      },
    );

  test('is found to be of the legacy era, is called, and is stopped by SIGTERM', async () => {
    await using upstream = await open({});
    expect(upstream.facts).toMatchObject({ era: 'legacy', protocolVersion: '2025-11-25' });
    expect((await listTools(upstream)).items).toHaveLength(13);
    const { content } = await callTool(upstream, { name: 'echo', args: { message: 'hi' } });
    expect(content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
    const steps: unknown[] = [];
    const args = { duration: 0.1, steps: 3 };
    await callTool(
      upstream,
      { name: 'trigger-long-running-operation', args },
      { onProgress: ({ progress }) => steps.push(progress) },
    );
    expect(steps).toEqual([1, 2, 3]);
    await upstream[Symbol.asyncDispose]();
    expect(upstream.state).toMatchObject({ status: 'stopped' });
  });

  test('asks for roots, which whoever listens answers, and tells that its tools have changed', async () => {
    await using upstream = await open({ roots: { listChanged: true }, sampling: {}, elicitation: {} });
    const controller = new AbortController();
    const seen = new Set<string>();
    for await (const message of upstream.listen({ signal: controller.signal })) {
      if (message.kind === 'notification') seen.add(message.notification.method);
      else {
        seen.add(message.request.method);
        await upstream.reply(message.request.id, { result: { roots: [] } });
      }
      if (seen.has('roots/list') && seen.has('notifications/tools/list_changed')) controller.abort();
    }
    expect((await listTools(upstream)).items.length).toBeGreaterThan(13);
  });
});
