import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  block,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  HEADERS,
  openRawClient,
  RST_STREAM,
  SETTINGS,
} from './http2Frames.ts';
import { ask, openSecureFront } from './secureFront.ts';

/** Answers with the request as the gateway sees it. */
function echo(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { method, url, httpVersion, headers, rawHeaders, trailers } = req;
    const body = Buffer.concat(chunks).toString();
    res.setHeader('set-cookie', ['a=1', 'b=2']);
    res.end(JSON.stringify({ method, url, httpVersion, headers, rawHeaders, trailers, body }));
  });
}

const seen = ({ body }: { body: string }) =>
  JSON.parse(body) as Pick<IncomingMessage, 'headers' | 'rawHeaders'> & { body: string };

describe('a front with a certificate, over HTTP/2', () => {
  it('serves beside HTTP/1.1 on one port, as the client chooses by ALPN [front-http2]', async () => {
    await using server = await openSecureFront(echo);
    const answer = await ask(server.open(), { ':path': '/x?y=1', ':method': 'POST', 'x-a': 'b' }, 'hello');
    expect(answer).toMatchObject({ status: 200, rstCode: 0 });
    expect(seen(answer)).toMatchObject({ method: 'POST', url: '/x?y=1', httpVersion: '2.0', body: 'hello' });
    const asked = httpsRequest({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }).end();
    const [old] = (await once(asked, 'response')) as [IncomingMessage];
    expect([old.statusCode, old.httpVersion]).toEqual([200, '1.1']);
    old.resume();
  });

  it('is HTTP/1.1 alone where the setting leaves HTTP/2 out [front-http2]', async () => {
    await using server = await openSecureFront(echo, { http2: false });
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  it('a request has the headers that one of HTTP/1.1 has: a Host, one Cookie, nothing else [front-http2-requests]', async () => {
    await using server = await openSecureFront(echo);
    const session = server.open();
    const { headers, rawHeaders } = seen(await ask(session, { ':path': '/', cookie: ['a=1', 'b=2'] }));
    expect(headers).toEqual({ host: `127.0.0.1:${server.port}`, cookie: 'a=1; b=2' });
    expect(rawHeaders.some((text) => text.startsWith(':'))).toBe(false);
    const twice = seen(await ask(session, { ':path': '/', ':authority': 'localhost', host: 'other.example' }));
    expect(twice.rawHeaders.filter((name) => name === 'host')).toHaveLength(2);
    // A length, or the framing that stands for none, tells who reads the request that it has a body.
    const sized = seen(await ask(session, { ':path': '/', ':method': 'PUT', 'content-length': 2 }, 'ab'));
    expect(sized.headers).toMatchObject({ 'content-length': '2' });
    expect(sized.headers).not.toHaveProperty('transfer-encoding');
    expect(seen(await ask(session, { ':path': '/', ':method': 'PUT' }, 'ab')).headers).toHaveProperty(
      'transfer-encoding',
    );
  });

  it('an answer with a status that HTTP/2 does not have is a fault of who gave it [front-http2-answers]', async () => {
    await using server = await openSecureFront((_req, res) => void res.writeHead(700).end('text'));
    expect(await ask(server.open(), { ':path': '/' })).toMatchObject({ headers: { ':status': 502 } });
  });

  it('an answer has no header of a connection, and ends as its method and status say [front-http2-answers]', async () => {
    await using server = await openSecureFront((req, res) => {
      if (req.url === '/204') res.writeHead(204).end();
      else
        res
          .writeHead(200, [
            'Connection',
            'keep-alive',
            'X-A',
            'b',
            'Set-Cookie',
            'a',
            'Set-Cookie',
            'b',
            'ETag',
            '1',
            'ETag',
            '2',
            'TE',
            'gzip',
          ])
          .end('text');
    });
    const session = server.open();
    const { headers, body } = await ask(session, { ':path': '/' });
    expect(headers).toMatchObject({ 'x-a': 'b', 'set-cookie': ['a', 'b'] });
    expect(headers).not.toHaveProperty('connection');
    expect(body).toBe('text');
    expect(await ask(session, { ':path': '/', ':method': 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      rstCode: 0,
    });
    expect(await ask(session, { ':path': '/204' })).toMatchObject({ status: 204, body: '', rstCode: 0 });
    expect(session.closed).toBe(false);
  });

  it('asks for a body that is held back, and refuses other expectations [front-http2-answers]', async () => {
    await using server = await openSecureFront(echo);
    const session = server.open();
    const stream = session.request({ ':path': '/', ':method': 'POST', expect: '100-continue' });
    await once(stream, 'continue');
    stream.end('now');
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
    expect(seen({ body: text }).body).toBe('now');
    expect(await ask(session, { ':path': '/', expect: 'tea' })).toMatchObject({ status: 417 });
  });

  it('gives a large answer whole, and one in many pieces [front-http2-answers]', async () => {
    const large = 'x'.repeat(1_000_000);
    await using server = await openSecureFront((req, res) => {
      if (req.url === '/one') res.end(large);
      else {
        for (let at = 0; at < large.length; at += 1_000) res.write(large.slice(at, at + 1_000));
        res.end();
      }
    });
    const session = server.open();
    for (const path of ['/one', '/many']) {
      const { body, rstCode } = await ask(session, { ':path': path });
      expect([body.length, rstCode]).toEqual([large.length, 0]);
    }
  });

  it('an answer comes whole although its request is not, which is then read no further [front-http2-answers]', async () => {
    await using server = await openSecureFront((_req, res) => void res.writeHead(413).end('too large'));
    const session = server.open();
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('begun');
    const [head] = (await once(stream, 'response')) as [{ ':status': number }];
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
    expect([head[':status'], text]).toEqual([413, 'too large']);
    await expect.poll(() => stream.closed).toBe(true);
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('trailers of a request are dropped [front-http2-requests]', async () => {
    await using server = await openSecureFront(echo);
    const stream = server.open().request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-late': '1' }));
    stream.end('body');
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
    expect(seen({ body: text })).toMatchObject({ body: 'body', trailers: {} });
  });

  it.each([
    ['a connection’s header', [...GET, ['connection', 'close']]],
    ['a transfer coding', [...GET, ['transfer-encoding', 'chunked']]],
    ['a name in capitals', [...GET, ['X-A', 'b']]],
    ['a pseudo-header behind others', [...GET.slice(0, 3), ['x-a', 'b'], [':authority', 'localhost']]],
    ['no path', GET.filter(([name]) => name !== ':path')],
    ['two methods', [[':method', 'POST'], ...GET]],
    ['a length that is not its body’s', [...GET, ['content-length', '5']]],
  ] as const)('a request with %s is malformed, and reaches nobody [front-http2-malformed]', async (_what, headers) => {
    await using server = await openSecureFront(echo);
    const client = await openRawClient(server.port);
    client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, block(headers)));
    await expect.poll(() => client.resets.get(1) ?? client.goaway).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    expect(server.served).toHaveLength(0);
    client.socket.destroy();
  });

  it('CONNECT is refused [front-http2-malformed]', async () => {
    await using server = await openSecureFront(echo);
    const stream = server.open().request({ ':method': 'CONNECT', ':authority': 'other.example:443' });
    const [head] = (await once(stream, 'response')) as [{ ':status': number }];
    expect(head[':status']).toBe(405);
    stream.destroy();
  });

  it('a client that cancels a request is gone for that request alone [front-http2-cancel]', async () => {
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      res.writeHead(200).write('begun');
    });
    const session = server.open();
    const [one, other] = [session.request({ ':path': '/1' }), session.request({ ':path': '/2' })];
    await Promise.all([once(one, 'data'), once(other, 'data')]);
    const [first, second] = server.served;
    const over = once(first!, 'close');
    one.close(constants.NGHTTP2_CANCEL);
    await over;
    expect([first!.writableFinished, second!.destroyed, session.closed]).toEqual([false, false, false]);
    const bothOver = once(second!, 'close');
    session.destroy();
    await bothOver;
  });

  it('a body that breaks off is not taken for a whole one [front-http2-cancel]', async () => {
    const ends: string[] = [];
    await using server = await openSecureFront((req) => {
      req.resume();
      for (const event of ['end', 'aborted', 'close']) req.on(event, () => ends.push(event));
    });
    const client = await openRawClient(server.port);
    client.send(frame(HEADERS, END_HEADERS, 1, block(GET)), frame(DATA, 0, 1, Buffer.from('half')));
    await expect.poll(() => server.served.length).toBe(1);
    client.send(frame(RST_STREAM, 0, 1, Buffer.of(0, 0, 0, 8)));
    await expect.poll(() => ends).toEqual(['aborted', 'close']);
    client.socket.destroy();
  });

  it('an answer is taken when it has left whole, and not when its client left before [front-http2-cancel]', async () => {
    const ends = new Map<string | undefined, boolean>();
    const finished = new Set<string | undefined>();
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      res.on('finish', () => finished.add(req.url));
      res.on('close', () => ends.set(req.url, res.writableFinished));
      req.resume();
      if (req.url === '/204') res.writeHead(204).end();
      else if (req.url?.startsWith('/small') === true) res.end('small');
      else res.end(Buffer.alloc(300_000));
    });
    const session = server.open();
    for (const path of ['/204', '/small', '/large']) await ask(session, { ':path': path });
    await ask(session, { ':path': '/small?posted', ':method': 'POST' }, 'body');
    await ask(session, { ':path': '/large?head', ':method': 'HEAD' });
    const client = await openRawClient(server.port);
    // Its window has no room for either.
    client.send(frame(SETTINGS, 0, 0, Buffer.of(0, 4, 0, 0, 0, 0)));
    for (const [at, path] of ['/small?left', '/large?left'].entries()) {
      const headers = GET.map(([name, value]) => [name, name === ':path' ? path : value] as const);
      client.send(frame(HEADERS, END_STREAM | END_HEADERS, 2 * at + 1, block(headers)));
    }
    await expect.poll(() => client.answered.size).toBe(2);
    client.send(...[1, 3].map((stream) => frame(RST_STREAM, 0, stream, Buffer.of(0, 0, 0, 8))));
    await expect
      .poll((): unknown => Object.fromEntries(ends))
      .toEqual({
        '/204': true,
        '/small': true,
        '/large': true,
        '/small?posted': true,
        '/large?head': true,
        '/small?left': false,
        '/large?left': false,
      });
    expect([...finished].filter((path) => path?.includes('left') === true)).toEqual([]);
    expect(finished.size).toBe(5);
    client.socket.destroy();
  });

  it('who writes an answer waits for its client, stream by stream [front-http2-flow]', async () => {
    let drains = 0;
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      res.writeHead(200);
      if (req.url === '/small') res.end('small');
      else {
        const piece = Buffer.alloc(16_384);
        while (res.write(piece));
        res.on('drain', () => (drains += 1));
      }
    });
    const session = server.open({ settings: { initialWindowSize: 0 } });
    const stream = session.request({ ':path': '/large' });
    await once(stream, 'response');
    expect((await ask(session, { ':path': '/small', ':method': 'HEAD' })).status).toBe(200);
    expect(drains).toBe(0);
    expect(server.front.load.unsentBytes).toBeGreaterThanOrEqual(16_384);
    session.settings({ initialWindowSize: 1_000_000 });
    stream.resume();
    await expect.poll(() => drains).toBeGreaterThan(0);
    stream.destroy();
  });
});
