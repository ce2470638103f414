import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

const CONNECTIONS = 100;
const BYTES = 66_000;

/** What all floods together may cost, in bytes: most of it is what V8 has not collected yet. */
const BOUND = 384 * 1024 * 1024;

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

/** What strangers send ahead, without reading. */
const FLOODS: readonly [name: string, request: string][] = [
  ['a large file', `GET /swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\n${HOST}\r\n`],
  ['the same, compressed', `GET /swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\n${HOST}Accept-Encoding: gzip\r\n\r\n`],
  ['the OpenAPI document', `GET /api-docs/openapi.json HTTP/1.1\r\n${HOST}\r\n`],
  ['nothing that exists', `GET / HTTP/1.1\r\n${HOST}\r\n`],
  ['MCP without a credential', `GET /mcp/x HTTP/1.1\r\n${HOST}\r\n`],
  ['a body that stays', `POST /mcp/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 16000000\r\n\r\n{`],
  ['a token for nothing', `POST /api/v1/auth/token HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\n\r\n{}`],
  ['half a head', `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(15_000)}`],
  [
    'chunks with extensions',
    `POST /api/v1/auth/token HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(10_000)}`,
  ],
];

let home: string;
let gateway: GatewayProcess;
let atStart: number;

beforeAll(async () => {
  home = await mkdtemp(join(memoryFolder(), 'metamcp-strangers-'));
  await chmod(home, 0o755);
  gateway = await startGatewayProcess({ home });
  atStart = rssBytes();
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

function rssBytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) * 1_024;
}

/** CPU time so far, in ticks. */
function busy(): number {
  const fields = readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Waits until the gateway has done what it will do: its CPU time stands still for some looks. */
async function isQuiet(): Promise<void> {
  let before = -1;
  let same = 0;
  await expect
    .poll(
      () => {
        const now = busy();
        same = now - before <= 1 ? same + 1 : 0;
        before = now;
        return same >= 5;
      },
      { interval: 100, timeout: 60_000 },
    )
    .toBe(true);
}

it.skipIf(process.platform !== 'linux').each(FLOODS)(
  '100 strangers who ask for %s, 66 kB of it ahead, and read nothing, cost a bounded amount of memory [front-memory]',
  async (_name, request) => {
    const { port } = new URL(gateway.url);
    const flood = request.repeat(Math.ceil(BYTES / request.length));
    const sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(flood);
      return socket;
    });
    // Another client is served meanwhile.
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    await isQuiet();
    expect(rssBytes() - atStart).toBeLessThan(BOUND);
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  },
);
