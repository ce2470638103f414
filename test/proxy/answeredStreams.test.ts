import { describe, expect, test } from 'vitest';
import { call, modern, open, until } from './client.ts';
import { BATCH, event, outcomeOf, PROGRESS, read, result, STREAM } from './eventStreams.ts';
import { fixture, LIST } from './fixture.ts';
import { parseCall, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();

describe('a server that keeps its stream open after its answer', () => {
  const keepsOpen =
    (more = ''): Answer =>
    (res, { body }) => {
      const { id } = parseCall(body);
      if (id === undefined) res.writeHead(202).end();
      else res.writeHead(200, STREAM).write(PROGRESS + event(result(id)) + more);
    };

  test('has its answer ended, its place freed, and hears of no cancellation [proxy-one-id-one-answer]', async () => {
    const { gateway, upstream } = await gatewayTo(keepsOpen());
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 2 } });
    for (let id = 1; id <= 6; id++) {
      const answered = await call(gateway, 'files', { ...LIST, id });
      expect(answered.complete).toBe(true);
      expect(read(answered)).toMatchObject([{ method: 'notifications/progress' }, result(id)]);
      await until(() => gateway.events.length === id, 'the exchange ended');
      expect(gateway.register.size).toBe(0);
    }
    expect(gateway.events.map(({ outcome }) => outcome)).toEqual(Array(6).fill('ok'));
    gateway.advance(3_600_000);
    await until(() => upstream.received.every(({ aborted }) => aborted), 'the server was let go');
    // All that it was sent, cancellations among it.
    expect(upstream.received.map(({ body }) => parseCall(body).method)).toEqual(Array(6).fill('tools/list'));
    expect(gateway.events).toHaveLength(6);
  });

  test('is not heard any more: no second answer and nothing else passes [proxy-one-id-one-answer]', async () => {
    for (const more of [event(result(1, { second: true })), event(result(2)), PROGRESS, 'data: half', ': comment\n']) {
      const { gateway } = await gatewayTo(keepsOpen(more));
      const answered = await call(gateway, 'files', LIST);
      expect(answered.text).toBe(PROGRESS + event(result(1)));
    }
  });

  test('and ends it soon keeps its connection, which serves again', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await gatewayTo((res, { body }) => {
      res.writeHead(200, STREAM).write(event(result(parseCall(body).id)));
      end = () => res.end(PROGRESS);
    });
    for (let id = 1; id <= 3; id++) {
      expect(read(await call(gateway, 'files', { ...LIST, id }))).toEqual([result(id)]);
      end();
      await until(() => upstream.received[id - 1]?.aborted === false && gateway.events.length === id, 'it has ended');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(upstream.connections).toBe(1);
  });

  test('and goes on talking is cut', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, STREAM).write(event(result(1)));
      const more = (): void => {
        while (!res.destroyed && res.write(PROGRESS.repeat(100)));
        res.once('drain', more);
      };
      more();
    });
    const before = performance.now();
    expect(read(await call(gateway, 'files', LIST))).toEqual([result(1)]);
    await until(() => upstream.received[0]?.aborted === true, 'the server was cut');
    // By the bytes, not by the time that it may take.
    expect(performance.now() - before).toBeLessThan(900);
    expect(gateway.events).toMatchObject([{ outcome: 'ok' }]);
  });

  test('serves a key with few tools in the same way [proxy-one-id-one-answer]', async () => {
    const setup = await gatewayTo(keepsOpen(event(result(1, { second: true }))));
    setup.gateway.keys.add('mine', { grants: ['files:a'] });
    const answered = await call(setup.gateway, 'files', LIST, { authorization: 'Bearer mine' });
    expect(read(answered)).toMatchObject([{ method: 'notifications/progress' }, result(1)]);
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('until all requests of a batch are answered, is listened to [proxy-one-id-one-answer]', async () => {
    let write: (message: unknown) => void = () => undefined;
    const setup = await gatewayTo((res) => {
      res.writeHead(200, STREAM).flushHeaders();
      write = (message) => res.write(event(message));
    });
    const stream = await open(setup.gateway, '/mcp/files', { body: JSON.stringify(BATCH) });
    write(result('b'));
    write(result('b', { second: true }));
    write([result('b'), { jsonrpc: '2.0', method: 'notifications/x' }]);
    await until(() => read(stream).length === 2, 'both passed');
    expect(setup.gateway.register.size).toBe(1);
    write([result('b'), result(1)]);
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(read(stream)).toEqual([result('b'), [{ jsonrpc: '2.0', method: 'notifications/x' }], [result(1)]]);
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('but not one that stands: a subscription goes on after a response, and gets no second one', async () => {
    const { message, headers } = modern('subscriptions/listen', { notifications: {} }, 'sub');
    let end: () => void = () => undefined;
    const { gateway } = await gatewayTo((res) => {
      res.writeHead(200, STREAM).write(event(result('sub')) + event(result('sub')) + PROGRESS);
      end = () => res.destroy();
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(message), headers });
    await until(() => stream.text === event(result('sub')) + PROGRESS, 'it goes on');
    expect(gateway.register.size).toBe(1);
    end();
    await stream.ended;
    expect(stream.text).toBe(event(result('sub')) + PROGRESS);
  });
});
