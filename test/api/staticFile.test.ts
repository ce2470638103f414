import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import Koa from 'koa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { staticFile } from '../../src/api/staticFile.ts';

const CONTENT = Buffer.from('console.log(1);\n'.repeat(1_000));
let reads = 0;
const sent: unknown[] = [];
const app = new Koa();
const file = staticFile('text/javascript', () => {
  reads += 1;
  if (reads === 1) throw new Error('the disk is away');
  return CONTENT;
});
app.silent = true;
app.use(async (ctx) => {
  await file(ctx);
  sent.push(ctx.body);
});
const server = createServer((req, res) => void app.callback()(req, res));
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function get(headers: Record<string, string>) {
  const { port } = server.address() as AddressInfo;
  const req = request({ port, host: '127.0.0.1', headers, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer);
  return { status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) };
}

it('a file is read once, after a failure again, and all answers share its bytes [front-memory]', async () => {
  expect((await get({})).status).toBe(500);
  const answers = await Promise.all([1, 2, 3].map(() => get({})));
  for (const { status, body } of answers) expect([status, body.equals(CONTENT)]).toEqual([200, true]);
  const packed = await Promise.all([1, 2].map(() => get({ 'accept-encoding': 'gzip, br' })));
  for (const { headers, body } of packed) {
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(gunzipSync(body).equals(CONTENT)).toBe(true);
  }
  expect(reads).toBe(2);
  expect(new Set(sent).size).toBe(2);
});

it('who has it already gets 304, for the representation that it has', async () => {
  const { headers } = await get({});
  const packed = await get({ 'accept-encoding': 'gzip' });
  expect(headers.etag).not.toBe(packed.headers.etag);
  const again = await get({ 'if-none-match': headers.etag! });
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
  expect((await get({ 'if-none-match': headers.etag!, 'accept-encoding': 'gzip' })).status).toBe(200);
});
