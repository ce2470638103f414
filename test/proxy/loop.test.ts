import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createVia } from '../../src/calls/via.ts';
import { ask, call, errorOf, modern, open } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { openGateway, type TestGateway } from './gateway.ts';
import { echoJson } from './upstream.ts';

const { gatewayTo, use } = fixture();
const headers = { authorization: 'Bearer good' };

/** Leads a server of one gateway to a server of another. */
function lead(from: TestGateway, to: { url: string }, name = 'loop'): void {
  from.servers.set(name, `${to.url}/mcp/${name}`, { headers });
}

/** A proxy that passes everything on but the path that it took. */
async function openForgetful(target: () => string) {
  let passed = 0;
  const server = createServer((req, res) => {
    passed += 1;
    const { via: _via, ...rest } = req.headers;
    const onward = request(target() + (req.url ?? ''), { method: req.method, headers: rest }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get passed() {
      return passed;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a server that leads back to the gateway', () => {
  test.each(['a call', 'a stream', 'a modern call'])('is found out on the first return: %s', async (what) => {
    const gateway = use(await openGateway());
    lead(gateway, gateway);
    const { message, headers: mirrored } = modern('tools/list');
    const answered = await (what === 'a stream'
      ? ask(gateway, '/mcp/loop', { method: 'GET', headers: { ...headers, accept: 'text/event-stream' } })
      : what === 'a call'
        ? call(gateway, 'loop', LIST)
        : call(gateway, 'loop', message, mirrored));
    expect(answered.status).toBe(508);
    expect(gateway.events).toHaveLength(1);
  });

  test('through another gateway is found out as well', async () => {
    const [here, there] = [use(await openGateway()), use(await openGateway())];
    lead(here, there);
    lead(there, here);
    expect((await call(here, 'loop', LIST)).status).toBe(508);
    expect([here.events.length, there.events.length]).toEqual([1, 1]);
  });

  test('through a replica is found out, since replicas share their name', async () => {
    const sessionKey = randomBytes(32);
    const [here, there] = [use(await openGateway({ sessionKey })), use(await openGateway({ sessionKey }))];
    lead(here, there);
    lead(there, here);
    expect((await call(here, 'loop', LIST)).status).toBe(508);
    expect([here.events.length, there.events.length]).toEqual([1, 0]);
  });

  test('through a proxy that hides the path opens no more streams than a key may have', async () => {
    const gateway = use(await openGateway({ limits: { maxStandingPerKey: 5 } }));
    const forgetful = use(await openForgetful(() => gateway.url));
    lead(gateway, forgetful);
    const answered = await ask(gateway, '/mcp/loop', {
      method: 'GET',
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(answered.status).toBe(429);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'too-many-streams' } });
    expect(forgetful.passed).toBe(5);
    await expect.poll(() => gateway.register.size).toBe(0);
  });
});

test('a request that passed other gateways is passed on, with them and this one named', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  expect((await call(gateway, 'files', LIST, { via: '1.1 proxy, 2 metamcp-other' })).status).toBe(200);
  expect((await call(gateway, 'files', LIST)).status).toBe(200);
  expect(upstream.received.map(({ headers: { via } }) => via)).toEqual([
    expect.stringMatching(/^1\.1 proxy, 2 metamcp-other, 1\.1 metamcp-[0-9a-f]{16}$/),
    expect.stringMatching(/^1\.1 metamcp-[0-9a-f]{16}$/),
  ]);
});

test('a configured Via does not hide the path', async () => {
  const gateway = use(await openGateway());
  gateway.servers.set('loop', `${gateway.url}/mcp/loop`, { headers: { ...headers, via: '1.1 nobody' } });
  expect((await call(gateway, 'loop', LIST)).status).toBe(508);
});

test.each([Array<string>(17).fill('1.1 a').join(', '), `1.1 ${'a'.repeat(2_000)}`])(
  'a path that is too long is refused, before the credential is looked at',
  async (via) => {
    const gateway = use(await openGateway());
    const stream = await open(gateway, '/mcp/files', { method: 'POST', headers: { via, authorization: 'Bearer bad' } });
    await stream.ended;
    expect(JSON.parse(stream.text)).toMatchObject({ error: { data: { code: 'via-too-long' } } });
  },
);

test('the name in the path tells nothing of the secret and differs from installation to installation', () => {
  const [one, other] = [createVia(Buffer.alloc(32, 1)), createVia(Buffer.alloc(32, 2))];
  expect(one.onward(undefined)).not.toBe(other.onward(undefined));
  expect(one.onward(undefined)).toBe(createVia(Buffer.alloc(32, 1)).onward(undefined));
  expect(() => one.check(other.onward(undefined))).not.toThrow();
  expect(() => one.check(other.onward(one.onward(undefined)))).toThrow(
    expect.objectContaining({ code: 'loop-detected' }),
  );
});
