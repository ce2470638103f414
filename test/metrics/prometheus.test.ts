import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../proxy/client.ts';
import { echoJson, openUpstream } from '../proxy/upstream.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { ALERTS, check, prometheusVersion, startPrometheus, type Prometheus } from './prometheus.ts';

const version = prometheusVersion();
const PANELS = (
  JSON.parse(readFileSync(new URL('../../docs/ops/dashboard.json', import.meta.url), 'utf8')) as {
    panels: readonly { title: string; targets?: readonly { expr: string }[] }[];
  }
).panels;

interface Vector {
  readonly result: readonly { readonly value: readonly [number, string] }[];
}

describe.skipIf(version === undefined)(`Prometheus ${version ?? '(skipped: not installed)'}`, () => {
  let stack: AsyncDisposableStack;
  let gateway: TestGateway;
  let prometheus: Prometheus;
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const upstream = setUp.use(await openUpstream(echoJson));
    gateway = setUp.use(await startTestGateway({ env: { METRICS_PORT: '0' } }));
    await gateway.addServer('files', upstream.url);
    const { apiKey } = await gateway.createKey();
    for (let id = 0; id < 3; id += 1) {
      await call(gateway, 'files', { jsonrpc: '2.0', id, method: 'ping' }, { authorization: `Bearer ${apiKey}` });
    }
    prometheus = setUp.use(await startPrometheus(gateway.metricsUrl));
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  const valueOf = async (query: string): Promise<number | undefined> => {
    const { result } = (await prometheus.get('query', { query })) as Vector;
    return result[0] === undefined ? undefined : Number(result[0].value[1]);
  };

  it('scrapes a gateway, and answers from what it has read [ops-metrics-prometheus]', async () => {
    await expect.poll(() => valueOf('up{job="metamcp"}')).toBe(1);
    const calls = 'sum(metamcp_calls_total{server="files", method="ping", era="legacy", status="200"})';
    await expect.poll(() => valueOf(calls)).toBe(3);
    expect(await valueOf('sum(metamcp_call_own_seconds_bucket{server="files", le="+Inf"})')).toBe(3);
    expect(await valueOf('sum(metamcp_call_duration_seconds_bucket{server="files", le="60.0"})')).toBe(3);
  });

  it('accepts the alerts, of which none is raised for a gateway that is well [ops-metrics-prometheus]', async () => {
    expect(check('rules', { file: ALERTS })).toBe('');
    await expect.poll(() => valueOf('up{job="metamcp"}')).toBe(1);
    const read = async () => {
      const { groups } = (await prometheus.get('rules')) as {
        groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[];
      };
      return groups.flatMap(({ rules }) => rules);
    };
    await expect.poll(async () => (await read()).every(({ health }) => health === 'ok')).toBe(true);
    expect((await read()).filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
  });

  it('finds nothing wrong with the text format, and answers what the dashboard asks [ops-metrics-prometheus]', async () => {
    const text = await (await fetch(gateway.metricsUrl, { headers: { accept: 'text/plain' } })).text();
    expect(check('metrics', { text })).toBe('');
    await expect.poll(() => valueOf('up{job="metamcp"}')).toBe(1);
    for (const { targets = [] } of PANELS) {
      for (const { expr } of targets) {
        await prometheus.get('query', {
          query: expr.replaceAll('$job', 'metamcp').replaceAll('$server', '.*').replaceAll('$__rate_interval', '1m'),
        });
      }
    }
  });
});
