import { expect, describe, it } from 'vitest';
import { FrontRequest } from '../../src/front/frontRequest.ts';
import { get, openFrontServer } from './frontServer.ts';

describe.each([
  ['plain', (length: number) => `Content-Length: ${length}\r\n`, (body: string) => body],
  [
    'chunked',
    () => 'Transfer-Encoding: chunked\r\n',
    (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ],
])('a request that is answered before its body has come (%s) [front-http1]', (_kind, field, framed) => {
  const body = 'x'.repeat(300_000);
  const head = `POST /refused HTTP/1.1\r\nHost: localhost\r\n${field(body.length)}\r\n`;

  it.each<[string, (req: FrontRequest, refuse: () => void) => void]>([
    ['nobody reads', (_req, refuse) => refuse()],
    [
      'who takes it wants no more',
      (req, refuse) =>
        void req.takeBody({
          onPiece() {
            req.releaseBody();
            req.pause();
            refuse();
            req.resume();
            return false;
          },
          onEnd: () => undefined,
        }),
    ],
    [
      'its reader gives up',
      (req, refuse) =>
        void (async () => {
          for await (const _piece of req) break;
          refuse();
        })(),
    ],
  ])('leaves the connection to the next one, where %s', async (_who, read) => {
    await using server = await openFrontServer({
      serve(req, res) {
        const refuse = (): void => void res.writeHead(429, { 'content-length': 0 }).end();
        if (req.url === '/refused' && req instanceof FrontRequest) read(req, refuse);
        else res.end('(next)');
      },
    });
    const client = await server.open();
    const bytes = framed(body);
    client.send(head + bytes.slice(0, 10_000));
    await expect.poll(() => server.served.length).toBe(1);
    client.send(bytes.slice(10_000));
    await expect.poll(() => client.text).toContain('429');
    client.send(get('/next'));
    await expect.poll(() => client.text).toContain('(next)');
  });
});

it('a request whose reader gives up while nothing is read has what is left of its body thrown away [front-http1]', async () => {
  await using server = await openFrontServer({
    serve(req, res) {
      const answer = async (): Promise<void> => {
        const { socket } = req;
        if (req.method === 'POST') {
          for await (const _piece of req) {
            while (!socket.isPaused()) await new Promise((resolve) => setImmediate(resolve));
            break;
          }
        }
        res.end(`(${req.url ?? ''})`);
      };
      void answer();
    },
  });
  const client = await server.open();
  client.send(
    `POST /answered HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}${get('/after')}`,
  );
  await expect.poll(() => client.text.match(/\(.*?\)/g)).toEqual(['(/answered)', '(/after)']);
});
