import { connect } from 'node:net';
import { describe, expect, it, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import type { Authenticate } from '../../../src/auth/principal.ts';
import { Unauthorized } from '../../../src/errors/appError.ts';
import { LINES_PATH } from '../../../src/proxy/admission.ts';
import { MemoryKeys } from '../../calls/memory.ts';
import { ask, until } from '../client.ts';
import { methodsOf } from '../messages/world.ts';
import { begin, LineClient, modernParams } from './lineClient.ts';
import { lineFixture } from './world.ts';

const { serverOf, use } = lineFixture();

const call = (id: unknown, name: string, era: 'legacy' | 'modern' = 'modern'): object => {
  const params = era === 'modern' ? modernParams({ name }) : { name };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
};

describe('a line', () => {
  it('that is no message is answered, and the exchange goes on [lines-malformed]', async () => {
    const { open, gateway } = await serverOf('modern');
    const client = await open();
    client.request.write('{"jsonrpc": \n\n \r\n[]\nnull\n{"jsonrpc":"2.0","id":7}\n"\xff"\n');
    client.request.write(`${'['.repeat(2_000)}${']'.repeat(2_000)}\n`);
    expect((await client.ask(1, 'tools/list', modernParams())).error).toBeUndefined();
    expect(client.lines.map(({ id, error }) => [id, error?.code])).toEqual([
      [null, -32_700],
      [null, -32_600],
      [null, -32_600],
      [null, -32_600],
      [null, -32_600],
      [null, -32_600],
      [1, undefined],
    ]);
    expect(gateway.events.map(({ outcome }) => outcome)).toContain('parse-error');
  });

  it('that is too long ends the exchange, however it ends itself, and what it took is given back [lines-bounded]', async () => {
    const { open, calls, gateway } = await serverOf('modern', { limits: { maxBodyBytes: 4_096 } });
    for (const end of ['', '\n']) {
      const client = await open();
      client.send(call(1, 'slow'));
      await calls(1);
      client.request.write(`${'x'.repeat(5_000)}${end}`);
      await client.over();
      expect(client.isComplete).toBe(true);
      expect(client.lines.map(({ id, error }) => [id, error?.data?.['code']])).toEqual([
        [1, 'line-too-long'],
        [null, 'line-too-long'],
      ]);
    }
    await until(() => gateway.register.bodyBytes === 0, 'nothing of the line is held');
  });

  it('in pieces is one line [lines-both-ways]', async () => {
    const { open, gateway } = await serverOf('modern');
    const client = await open();
    for (const piece of JSON.stringify({ ...call('ü', 'a'), method: 'tools/list' })) {
      client.request.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.request.write('\n');
    expect((await client.answerTo('ü')).error).toBeUndefined();
    await until(() => gateway.register.bodyBytes === 0, 'its room is given back');
  });
});

it('no more requests are under way than may be, and a reply still gets through [lines-bounded]', async () => {
  const { open, calls, gateway, upstream } = await serverOf('modern', {});
  gateway.servers.set('local', upstream.url, { transport: 'stdio', limits: { maxInFlight: 1_000 } });
  const client = await open();
  client.send(...Array.from({ length: 257 }, (_, id) => call(id, 'slow')));
  expect((await client.answerTo(256)).error?.data).toMatchObject({ code: 'too-many-calls', maxRequests: 256 });
  const called = await calls(256);
  client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 3 } });
  await until(() => called.some(({ received }) => received.aborted), 'one is cancelled');
});

it('a client that does not read is read no more, nor is its server, and then it is cut [lines-bounded] [proxy-back-pressure]', async () => {
  const { open, calls, gateway } = await serverOf('modern');
  const client = await open({ read: false });
  client.send(call(1, 'floods'));
  const [one] = await calls(1);
  const data = 'x'.repeat(64 * 1024);
  let sent = 0;
  const flood = (): void => {
    while (sent < 4_000 && !one!.stream.destroyed) {
      sent++;
      one!.send({ method: 'notifications/message', params: { level: 'info', data } });
      if (one!.stream.writableNeedDrain) {
        one!.stream.once('drain', flood);
        return;
      }
    }
  };
  flood();
  // Nothing is taken of the server any more.
  let before = -1;
  await until(() => {
    const isStill = sent === before && one!.stream.writableNeedDrain;
    before = sent;
    return isStill;
  }, 'the server waits');
  expect(sent).toBeLessThan(4_000);
  client.send(call(2, 'later'));
  await until(() => {
    gateway.advance(61_000);
    return one!.received.aborted;
  }, 'the client is cut');
  client.read();
  await client.over();
  expect(client.isComplete).toBe(false);
  await until(() => gateway.register.size <= 1, 'nothing is left but the key’s own connection');
});

it('silence is broken by blank lines, which mean nothing [mcp-sse-keep-alive]', async () => {
  const { open, calls, gateway } = await serverOf('modern');
  const client = await open();
  client.send(call(1, 'slow'));
  const [one] = await calls(1);
  gateway.advance(15_000);
  await until(() => client.text === '\n', 'a blank line');
  one!.answer();
  await client.answerTo(1);
  expect(client.text.match(/^\n\{[^\n]+\}\n$/)).not.toBeNull();
});

it('a body of lines takes as long as it likes, and another one does not [front-body-time]', async () => {
  const { open, gateway } = await serverOf('modern');
  const client = await open();
  const socket = connect(gateway.port, '127.0.0.1');
  use({ [Symbol.asyncDispose]: () => Promise.resolve(void socket.destroy()) });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const head = ['POST /mcp/local HTTP/1.1', 'Host: 127.0.0.1', 'Authorization: Bearer good', 'Content-Length: 5'];
  const types = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];
  socket.write(`${[...head, ...types].join('\r\n')}\r\n\r\n{`);
  await until(() => {
    gateway.advance(60_000);
    return text.includes('request-timeout');
  }, 'the body is refused');
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect((await client.ask(1, 'tools/list', modernParams())).error).toBeUndefined();
});

describe('who may not', () => {
  test.each([
    ['has no credential', { headers: { authorization: 'Bearer none' } }, 401, 'key-invalid'],
    ['lacks the scope', { headers: { authorization: 'Bearer powerless' } }, 403, 'insufficient-scope'],
    ['has no grant', { query: '?server=local', headers: { authorization: 'Bearer narrow' } }, 404, 'server-not-found'],
    ['names none that exists', { query: '?server=nobody' }, 404, 'server-not-found'],
    ['is misspelt', { query: '?sever=local' }, 400, 'servers-invalid'],
    ['names too many', { query: '?server=local&servers=local' }, 400, 'servers-invalid'],
    ['sends something else', { headers: { 'content-type': 'text/plain' } }, 415, 'content-type-unsupported'],
    ['sends it packed', { headers: { 'content-encoding': 'gzip' } }, 415, 'content-type-unsupported'],
    ['is a page', { headers: { origin: 'https://evil.example' } }, 403, 'origin-not-allowed'],
  ])('%s begins no exchange [lines-same-rules]', async (_what, options, status, code) => {
    const { gateway } = await serverOf('modern');
    gateway.keys.add('powerless', { scopes: new Set() });
    gateway.keys.add('narrow', { grants: ['other'] });
    const client = use(await LineClient.open(gateway, { query: '?server=local', ...options }));
    expect(client.status).toBe(status);
    await client.over();
    expect(JSON.parse(client.text)).toMatchObject({ status, code });
  });

  it('uses another method is told which one there is', async () => {
    const { gateway } = await serverOf('modern');
    const answer = await ask(gateway, LINES_PATH, {});
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, OPTIONS']);
  });

  it('may call some tools only finds no other, as the grants are now [lines-same-rules] [auth-grants-closed]', async () => {
    const { open, calls, gateway } = await serverOf('modern');
    const key = gateway.keys.add('some', { grants: ['local:mine'] });
    const client = await open({ headers: { authorization: 'Bearer some' } });
    client.send(call(1, 'mine'), call(2, 'other'));
    const [mine] = await calls(1);
    expect((await client.answerTo(2)).error).toMatchObject({ code: -32_602, message: 'Unknown tool: other' });
    mine!.answer();
    await client.answerTo(1);
    gateway.keys.change(key, { grants: compileGrants(['local:mine', 'local:other']) });
    client.send(call(3, 'other'));
    (await calls(2))[1]!.answer();
    expect((await client.answerTo(3)).error).toBeUndefined();
  });

  it.each(['legacy', 'modern'] as const)(
    'is revoked loses the exchange, and each request is told (%s) [lines-same-rules] [auth-revocation-cuts]',
    async (era) => {
      const { open, calls, gateway } = await serverOf(era);
      const key = gateway.keys.add('mine');
      const client = await open({ headers: { authorization: 'Bearer mine' } });
      if (era === 'legacy') await begin(client);
      client.send(call(1, 'slow', era), call(2, 'slow', era));
      const called = await calls(2);
      gateway.keys.revoke(key);
      await client.over();
      expect(client.isComplete).toBe(true);
      const errors = client.lines.filter(({ error }) => error !== undefined);
      expect(errors.map(({ error }) => error?.data?.['code'])).toEqual(Array(3).fill('key-revoked'));
      expect(errors.at(-1)?.id).toBeNull();
      expect(new Set(errors.map(({ id }) => id))).toEqual(new Set([1, 2, null]));
      await until(() => called.every(({ received }) => received.aborted), 'the server hears of it');
      await until(() => gateway.register.size === 0, 'nothing is left');
      expect(gateway.events.filter(({ outcome }) => outcome === 'key-revoked')).toHaveLength(2);
    },
  );

  it('has a credential no more is refused at the next line, and what is under way is answered [lines-same-rules]', async () => {
    let isGood = true;
    const keys = new MemoryKeys();
    const authenticate: Authenticate = (headers) => {
      if (isGood) return keys.authenticate(headers);
      throw new Unauthorized('token-expired', 'The token has expired.');
    };
    const { open, calls, gateway } = await serverOf('modern', { keys, authenticate });
    const client = await open();
    client.send(call(1, 'slow'));
    const [one] = await calls(1);
    isGood = false;
    expect((await client.ask(2, 'tools/list', modernParams())).error?.data).toMatchObject({ code: 'token-expired' });
    one!.answer();
    await client.over();
    expect(client.lines.map(({ id, error }) => [id, error?.data?.['code']])).toEqual([
      [2, 'token-expired'],
      [1, undefined],
      [null, 'token-expired'],
    ]);
    await until(() => gateway.register.size <= 1, 'nothing is left but the key’s own connection');
  });

  it('loses the server loses the exchange [lines-same-rules] [proxy-server-change-cuts]', async () => {
    const { open, gateway, upstream } = await serverOf('legacy');
    const client = await open();
    await begin(client);
    gateway.servers.set('local', upstream.url, { transport: 'stdio', enabled: false });
    await client.over();
    expect(client.lines.at(-1)).toMatchObject({ id: null, error: { data: { code: 'server-disabled' } } });
    await until(() => gateway.register.size === 0, 'nothing is left');
  });
});

describe('an exchange', () => {
  it.each(['legacy', 'modern'] as const)(
    'whose client dies leaves nothing, 200 times (%s) [lines-nothing-left]',
    async (era) => {
      const { called, calls, gateway, upstream } = await serverOf(era);
      const clients: LineClient[] = [];
      gateway.servers.set('local', upstream.url, { transport: 'stdio', limits: { maxInFlight: 1_000 } });
      const begun = async (): Promise<void> => {
        const client = await LineClient.open(gateway, { query: '?server=local' });
        if (era === 'legacy') await begin(client);
        client.send(call(1, 'slow', era));
        clients.push(client);
      };
      for (let round = 1; round <= 20; round++) {
        await Promise.all(Array.from({ length: 10 }, begun));
        await calls(10 * round);
        for (const client of clients.splice(0)) client.request.destroy();
      }
      await until(() => called.every(({ received }) => received.aborted), 'every call ends at the server');
      const sessionsEnd = (): number => methodsOf(upstream.received).filter((method) => method === 'DELETE').length;
      await until(() => era === 'modern' || sessionsEnd() === 200, 'every session ends at the server');
      // In the modern era the key keeps its connection with the server for a while.
      await until(() => gateway.register.size <= (era === 'modern' ? 1 : 0), 'nothing is in the register');
      await until(() => gateway.register.bodyBytes === 0, 'no room is taken');
      expect(gateway.events.filter(({ tool }) => tool === 'slow')).toHaveLength(200);
    },
  );

  it.each(['legacy', 'modern'] as const)(
    'of a gateway that stops ends when its requests are answered (%s) [lines-drain] [proxy-drains]',
    async (era) => {
      const { open, calls, called, gateway } = await serverOf(era, { limits: { drainMs: 60_000 } });
      const client = await open();
      if (era === 'legacy') await begin(client);
      client.send(call(1, 'slow', era));
      const [one] = await calls(1);
      const stopped = gateway.register[Symbol.asyncDispose]();
      client.send(call(2, 'late', era));
      one!.answer();
      await client.over();
      await stopped;
      expect(client.isComplete).toBe(true);
      expect(client.lines.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
      expect(called).toHaveLength(1);
    },
  );
});
