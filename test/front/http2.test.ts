import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, openSecureFront } from './secureFront.ts';

it('answers', async () => {
  await using server = await openSecureFront((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (c: Buffer) => chunks.push(c));
    req.on('end', () => res.end(JSON.stringify({ url: req.url, method: req.method, raw: req.rawHeaders, body: Buffer.concat(chunks).toString(), v: req.httpVersion })));
  });
  const session = server.open();
  const answer = await ask(session, { ':path': '/x', ':method': 'POST' }, 'hello');
  expect(answer).toMatchObject({ status: 200 });
  console.log(answer);
});
