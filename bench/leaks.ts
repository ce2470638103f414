import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { ended } from './answerEnd.ts';
import type { GatewayReady } from './gateway.ts';
import { percentile } from './load.ts';
import { startMeasured } from './measuredProcess.ts';

const GATEWAYS = 3;

/**
 * Measures how long a key that leaked lives after it was reported: until the answer, and until the last of its streams at all
 * gateways has ended. The gateways are processes of their own over one database; each key has some streams at each of them.
 */
export async function measureLeaks(env: Readonly<Record<string, string>>, quick: boolean): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const gateways: GatewayReady[] = [];
  for (let n = 0; n < GATEWAYS; n += 1) {
    gateways.push(opened.use(await startMeasured<GatewayReady>('./gateway.ts', env)).ready);
  }
  const keys = gateways.flatMap(({ apiKeys }) => apiKeys);
  const perGateway = quick ? 2 : 10;
  const streams = new Map<string, Promise<number>[]>();
  for (const key of keys) {
    const opening = gateways.flatMap(({ url }) => Array.from({ length: perGateway }, () => open(url, key)));
    streams.set(key, (await Promise.all(opening)).map(ended));
  }
  const answered: number[] = [];
  const dead: number[] = [];
  for (const [at, key] of keys.entries()) {
    const { url } = gateways[at % GATEWAYS] ?? gateways[0]!;
    const reported = performance.now();
    await report(url, key);
    answered.push(performance.now() - reported);
    dead.push(Math.max(...(await Promise.all(streams.get(key) ?? []))) - reported);
  }
  const total = keys.length * gateways.length * perGateway;
  console.log(
    `\nLeaks: ${keys.length} keys reported one after the other, ${total} open streams, ${GATEWAYS} gateways; ms from report`,
  );
  for (const [what, values] of Object.entries({ answer: answered, 'all streams cut': dead })) {
    values.sort((a, b) => a - b);
    console.log(
      `  ${what.padEnd(16)} p50 ${percentile(values, 0.5).toFixed(0)}, p99 ${percentile(values, 0.99).toFixed(0)}, most ${(values.at(-1) ?? Number.NaN).toFixed(0)}`,
    );
  }
}

async function open(url: string, apiKey: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' };
  const [answer] = (await once(request(`${url}/mcp/sse`, { agent: false, headers }).end(), 'response')) as [
    IncomingMessage,
  ];
  if (answer.statusCode !== 200) throw new Error(`a stream was answered with ${String(answer.statusCode)}`);
  return answer;
}

async function report(url: string, apiKey: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1/leaked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ token: apiKey, type: 'metamcp_api_key', url: 'https://example.com/', source: 'content' }]),
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`a report was answered with ${String(answer.status)}`);
}
