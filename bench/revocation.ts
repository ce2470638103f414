import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ended } from './answerEnd.ts';
import { percentile } from './load.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/**
 * Measures, for one revocation after another by the CLI in a process of its own, when the stream and the call in flight of
 * the revoked key ended and when a new call was first refused: milliseconds after the command reported, negative when before.
 */
export async function measureRevocation(url: string, home: string, times: number): Promise<void> {
  const run = promisify(execFile);
  const cli = async (...args: string[]) => {
    const env = { PATH: process.env['PATH'], METAMCP_HOME: home };
    return (await run(process.execPath, [CLI, '--json', ...args], { env })).stdout;
  };
  const after = { stream: [] as number[], call: [] as number[] };
  let refused = 0;

  for (let n = 0; n < times; n += 1) {
    const { id, api_key } = z
      .object({ id: z.string(), api_key: z.string() })
      .parse(JSON.parse(await cli('keys', 'create', '--name', 'revoked')));
    const stream = ended(await open(url, api_key, 'GET'));
    const call = ended(await open(url, api_key, 'POST'));
    await cli('keys', 'inactivate', id);
    const reported = performance.now();
    if ((await status(url, api_key)) === 401) refused += 1;
    after.stream.push((await stream) - reported);
    after.call.push((await call) - reported);
  }

  console.log(`\nRevocation: ${times} × metamcp-cli keys inactivate, ms after the command's report (negative: before)`);
  for (const [what, values] of Object.entries(after)) {
    values.sort((a, b) => a - b);
    console.log(
      `  ${`${what} ended`.padEnd(14)} p50 ${percentile(values, 0.5).toFixed(0)}, p99 ${percentile(values, 0.99).toFixed(0)}, ` +
        `latest ${(values.at(-1) ?? Number.NaN).toFixed(0)}`,
    );
  }
  console.log(`  the next call was refused with 401 in ${refused} of ${times}`);
}

/** Opens a stream, or makes a call whose answer is a stream that stays open. */
async function open(url: string, apiKey: string, method: 'GET' | 'POST'): Promise<IncomingMessage> {
  const outgoing = request(`${url}/mcp/sse`, {
    agent: false,
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
  });
  outgoing.end(
    method === 'POST' ? JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'bench/open', params: {} }) : undefined,
  );
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

async function status(url: string, apiKey: string): Promise<number> {
  const answer = await fetch(`${url}/mcp/json`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });
  await answer.arrayBuffer();
  return answer.status;
}
