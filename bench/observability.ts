import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Principal } from '../src/auth/principal.ts';
import type { CallEvent } from '../src/calls/callEvent.ts';
import type { FrontResponse } from '../src/front/frontResponse.ts';
import { Counts } from '../src/metrics/counts.ts';
import type { GatewayReady } from './gateway.ts';
import { median, runLoad } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';

const CALLERS = 32;
const COUNTED = 1_000_000;

/**
 * Measures what metrics and traces add to the CPU of a call. What metrics count is measured alone: it is far less than two starts of
 * one gateway differ by. With and without traces, gateways take the same load in turns; without OTEL_EXPORTER_OTLP_ENDPOINT, no
 * module of OpenTelemetry is loaded.
 */
export async function measureObservability({
  env,
  homes,
  quick,
}: {
  readonly env: Record<string, string>;
  /** One for each gateway. */
  readonly homes: readonly string[];
  readonly quick: boolean;
}): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const collector = createServer((req, res) => req.resume().once('end', () => res.end('{}')));
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  opened.defer(() => {
    collector.closeAllConnections();
    collector.close();
  });
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const kinds: Readonly<Record<string, Record<string, string>>> = {
    'without traces': {},
    'one call of ten traced': { ...tracing, OTEL_TRACES_SAMPLER_ARG: '0.1' },
    'each call traced': tracing,
  };
  const gateways = new Map<string, MeasuredProcess<GatewayReady>>();
  for (const [at, [name, more]] of Object.entries(kinds).entries()) {
    const METAMCP_HOME = homes[at] ?? '';
    gateways.set(
      name,
      opened.use(await startMeasured<GatewayReady>('./gateway.ts', { ...env, ...more, METAMCP_HOME })),
    );
  }
  const durationMs = quick ? 1_000 : 2_500;

  async function sample({ ready, usage }: MeasuredProcess<GatewayReady>): Promise<number> {
    const { url, apiKey } = ready;
    const before = await usage();
    const load = { url: `${url}/mcp/json`, headers: { 'x-api-key': apiKey }, callers: CALLERS, durationMs };
    const { requests } = await runLoad(load);
    return (((await usage()).cpuSeconds - before.cpuSeconds) / requests) * 1e6;
  }

  const samples = new Map<string, number[]>();
  // Warm, each of them.
  for (const gateway of gateways.values()) await sample(gateway);
  for (let round = 0; round < (quick ? 3 : 9); round += 1) {
    for (const [name, gateway] of gateways) samples.set(name, [...(samples.get(name) ?? []), await sample(gateway)]);
  }
  console.log(`\nWhat is observed of a call, ${CALLERS} callers, JSON`);
  const [floor = []] = samples.values();
  const callUs = median(floor);
  const countUs = countingUs();
  console.log(
    `  counting it for metrics       ${countUs.toFixed(2)} µs CPU, ${((100 * countUs) / callUs).toFixed(1)} % of a call`,
  );
  for (const [name, costs] of samples) {
    const ratio = median(costs.map((cost, at) => cost / (floor[at] ?? Number.NaN)));
    console.log(`  ${name.padEnd(28)} ${median(costs).toFixed(1).padStart(6)} µs CPU   ratio ${ratio.toFixed(2)}`);
  }
}

/** CPU of all that metrics do on the path of a call, in microseconds: the median of some rounds. */
function countingUs(): number {
  const counts = new Counts();
  const request = { method: 'POST', headers: {} } as IncomingMessage;
  const answer = {
    route: '/mcp/{server}',
    req: request,
    headersSent: true,
    statusCode: 200,
    protocol: 'h1',
  } as FrontResponse;
  const principal = {} as Principal;
  const authenticate = counts.authentications.counting(() => principal);
  const rounds = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < COUNTED; n += 1) {
      void authenticate(request.headers);
      counts.count({ ...CALL, durationMs: n % 50, ownMs: (n % 7) / 100 });
      counts.requests.count(answer);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / COUNTED;
  });
  return median(rounds);
}

const CALL: CallEvent = {
  requestId: undefined,
  protocol: 'h1',
  keyId: '0190a1b2-0000-7000-8000-000000000001',
  keyName: 'laptop',
  server: 'json',
  method: 'tools/call',
  tool: 'reference',
  era: 'modern',
  standing: false,
  outcome: 'ok',
  answeredHere: false,
  status: 200,
  durationMs: 3,
  ownMs: 0.05,
  bytesIn: 100,
  bytesOut: 200,
};
