import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { call, errorOf, messagesOf, modern, open, until, type OpenAnswer } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { echoJson, openUpstream, type Answer } from './upstream.ts';

const { use, gatewayTo } = fixture();
const EVENT = 'data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n';
const streaming: Answer = (res) => res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(EVENT);

interface Cut extends Setup {
  readonly principal: Principal;
  stream(message?: unknown, headers?: Record<string, string>): Promise<OpenAnswer>;
}

async function withKey(answer: Answer): Promise<Cut> {
  const setup = await gatewayTo(answer);
  const principal = setup.gateway.keys.add('mine');
  return {
    ...setup,
    principal,
    async stream(message, headers) {
      const asked = { headers: { ...headers, authorization: 'Bearer mine' } };
      const body = message === undefined ? {} : { body: JSON.stringify(message) };
      const stream = await open(setup.gateway, '/mcp/files', { ...asked, ...body });
      await until(() => stream.text === EVENT, 'the stream runs');
      return stream;
    },
  };
}

describe('a key that is revoked', () => {
  test('has its call that waits for an answer ended with 401, and the server is let go [auth-revocation-cuts]', async () => {
    const { gateway, upstream, principal } = await withKey(() => undefined);
    const answered = call(gateway, 'files', LIST, { authorization: 'Bearer mine' });
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.keys.revoke(principal);
    expect((await answered).status).toBe(401);
    expect((await answered).headers['www-authenticate']).toBe('Bearer');
    expect(errorOf(await answered)).toMatchObject({ id: 1, data: { code: 'key-revoked' } });
    await until(() => upstream.received[0]?.aborted === true, 'the server was let go');
    expect(gateway.register.size).toBe(0);
  });

  test('has its streams ended with an error, and their connections closed [auth-revocation-cuts]', async () => {
    const { gateway, upstream, principal, stream } = await withKey(streaming);
    const listen = modern('subscriptions/listen', { notifications: {} }, 'sub');
    const streams = [await stream(), await stream({ ...LIST, id: 9 }), await stream(listen.message, listen.headers)];
    gateway.keys.revoke(principal);
    await Promise.all(streams.map(({ ended }) => ended));
    expect(streams.map(({ text }) => messagesOf(text).at(-1))).toMatchObject([
      { id: null, error: { data: { code: 'key-revoked' } } },
      { id: 9, error: { data: { code: 'key-revoked' } } },
      { id: 'sub', error: { data: { code: 'key-revoked' } } },
    ]);
    await until(() => upstream.received.every(({ aborted }) => aborted), 'the server was let go');
    expect(gateway.register.size).toBe(0);
    await until(() => gateway.events.length === 3, 'the exchanges ended');
    expect(gateway.events.map(({ outcome }) => outcome)).toEqual(['key-revoked', 'key-revoked', 'key-revoked']);
  });

  test('has a stream ended though its client does not read', async () => {
    const { gateway, principal } = await withKey((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const more = (): void => {
        while (!res.destroyed && res.write(`data: ${'x'.repeat(65_000)}\n\n`));
        res.once('drain', more);
      };
      more();
    });
    const headers = { authorization: 'Bearer mine' };
    const stream = await open(gateway, '/mcp/files', { headers }, { read: false });
    gateway.keys.revoke(principal);
    await until(() => {
      gateway.advance(1_000);
      return gateway.events.length === 1;
    }, 'the stream was cut');
    stream.abort();
  });

  test('has a large answer that flows ended broken', async () => {
    const { gateway, principal } = await withKey((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).write(`["${'x'.repeat(200_000)}`),
    );
    const asked = { headers: { authorization: 'Bearer mine' }, body: JSON.stringify(LIST) };
    const stream = await open(gateway, '/mcp/files', asked);
    gateway.keys.revoke(principal);
    await stream.ended;
    expect(stream.complete).toBe(false);
  });

  test('while the body of its call is on its way, never reaches the server', async () => {
    const { gateway, upstream, principal } = await withKey(echoJson);
    const { authenticate } = gateway.keys;
    let revokeAfter = 1;
    const late = await gatewayTo(echoJson, {
      keys: gateway.keys,
      authenticate: (headers) => {
        const known = authenticate(headers);
        if (revokeAfter-- === 1)
          queueMicrotask(() => {
            gateway.keys.revoke(principal);
          });
        return known;
      },
    });
    const answered = await call(late.gateway, 'files', LIST, { authorization: 'Bearer mine' });
    expect(answered.status).toBe(401);
    expect(errorOf(answered)).toMatchObject({ id: 1 });
    expect(upstream.received.length + late.upstream.received.length).toBe(0);
  });

  test('leaves the calls of other keys alone', async () => {
    const { gateway, upstream, principal } = await withKey((res, received) => {
      setTimeout(() => {
        echoJson(res, received);
      }, 20);
    });
    const answered = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.keys.revoke(principal);
    expect((await answered).status).toBe(200);
  });
});

describe('a server that changes', () => {
  test.for([
    [
      'is disabled',
      'server-disabled',
      (setup: Cut) => {
        setup.gateway.servers.set('files', setup.upstream.url, { enabled: false });
      },
    ],
    [
      'is deleted',
      'server-deleted',
      (setup: Cut) => {
        setup.gateway.servers.remove('files');
      },
    ],
    [
      'moves',
      'server-changed',
      (setup: Cut) => {
        setup.gateway.servers.set('files', 'http://127.0.0.1:1/elsewhere');
      },
    ],
  ] as const)(
    'and %s ends its calls and streams with a reason [proxy-server-change-cuts]',
    async ([, code, change]) => {
      const setup = await withKey(streaming);
      const stream = await setup.stream({ ...LIST, id: 5 });
      change(setup);
      await stream.ended;
      expect(messagesOf(stream.text).at(-1)).toMatchObject({ id: 5, error: { data: { code } } });
      await until(() => setup.upstream.received[0]?.aborted === true, 'the server was let go');
    },
  );

  test('in its headers only lets calls in flight end, and the next call uses the new ones', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await withKey((res, received) => {
      if (received.headers['x-version'] === undefined)
        end = () => {
          echoJson(res, received);
        };
      else echoJson(res, received);
    });
    const first = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.servers.set('files', upstream.url, { headers: { 'x-version': '2' } });
    expect((await call(gateway, 'files', LIST)).status).toBe(200);
    expect(upstream.received[1]?.headers['x-version']).toBe('2');
    end();
    expect((await first).status).toBe(200);
  });

  test('while the body is on its way is used as it is then', async () => {
    const { gateway, upstream } = await withKey(echoJson);
    const elsewhere = use(await openUpstream(echoJson));
    const { authenticate } = gateway.keys;
    const asked = Promise.withResolvers<undefined>();
    const late = await gatewayTo(echoJson, {
      servers: gateway.servers,
      authenticate: (headers) => {
        asked.resolve(undefined);
        return authenticate(headers);
      },
    });
    const body = JSON.stringify(LIST);
    const headers = {
      authorization: 'Bearer good',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'content-length': body.length,
    };
    const client = request(`${late.gateway.url}/mcp/files`, { method: 'POST', headers, agent: false });
    client.flushHeaders();
    await asked.promise;
    await new Promise((resolve) => setImmediate(resolve));
    gateway.servers.set('files', elsewhere.url);
    client.end(body);
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
    expect(upstream.received.length + late.upstream.received.length).toBe(0);
    expect(elsewhere.received).toHaveLength(1);
  });
});

describe('the end of the gateway', () => {
  test('ends streams as a server would, lets calls end, and takes no more [proxy-drains]', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await gatewayTo(
      (res, received) => {
        if (received.method === 'GET') streaming(res, received);
        else
          end = () => {
            echoJson(res, received);
          };
      },
      { limits: { drainMs: 60_000 } },
    );
    const stream = await open(gateway, '/mcp/files');
    await until(() => stream.text === EVENT, 'the stream runs');
    const answered = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 2, 'the call arrived');
    const stopped = gateway.register[Symbol.asyncDispose]();
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(errorOf(await call(gateway, 'files', LIST))).toMatchObject({ data: { code: 'gateway-stopping' } });
    end();
    expect((await answered).status).toBe(200);
    await stopped;
  });

  test('cuts what does not end in time, with a reason [proxy-drains]', async () => {
    const { gateway, upstream } = await gatewayTo(() => undefined, { limits: { drainMs: 20 } });
    const answered = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 1, 'the call arrived');
    await gateway.register[Symbol.asyncDispose]();
    expect((await answered).status).toBe(503);
    expect(errorOf(await answered)).toMatchObject({ id: 1, data: { code: 'gateway-stopping' } });
  });
});
