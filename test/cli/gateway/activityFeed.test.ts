import { afterAll, beforeAll, expect, it } from 'vitest';
import { openActivity, type ActivityEvent } from '../../../cli/gateway/activityFeed.ts';
import { startGateway } from '../../../src/gateway.ts';
import { createLogger } from '../../../src/logging/logger.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';

let gateway: TestGateway;
const stop = new AbortController();

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  stop.abort();
  await gateway[Symbol.asyncDispose]();
});

it('what happens is told without a gateway, by one, and without one again [feed-system]', async () => {
  // A port that nobody listens on any more, and nobody else is given soon.
  const settings = { ...gateway.settings };
  const start = () => startGateway({ settings, stores: gateway.stores, logger: createLogger('silent') });
  {
    await using brief = await start();
    Object.assign(settings, { port: Number(new URL(brief.url).port) });
  }
  const events = openActivity({ stores: gateway.stores, settings, signal: stop.signal, retryMs: 50 });
  const next = async (type: string): Promise<ActivityEvent> => {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) throw new Error(`it ended before ${type}`);
      if (value.type === type) return value;
    }
  };

  expect(await next('activity_source')).toMatchObject({ data: { source: 'database' } });
  const first = await gateway.createKey();
  expect(await next('key_changed')).toMatchObject({ key: first.id });

  const running = await start();
  expect(await next('activity_source')).toMatchObject({ data: { source: 'gateway', url: running.url } });
  // Its change feed may not be up yet.
  expect(await next('system_health')).toMatchObject({ data: { ready: { calls: true } } });
  await gateway.addServer('github', 'http://127.0.0.1:9/mcp');
  expect(await next('server_changed')).toMatchObject({ server: 'github' });

  await running[Symbol.asyncDispose]();
  expect(await next('error')).toMatchObject({ data: { code: 'gateway-stopping' } });
  expect(await next('activity_source')).toMatchObject({ data: { source: 'database' } });
  const second = await gateway.createKey();
  expect(await next('key_changed')).toMatchObject({ key: second.id });

  const last = events.next();
  stop.abort();
  expect(await last).toEqual({ done: true, value: undefined });
});
