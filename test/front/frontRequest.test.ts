import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FrontRequest } from '../../src/front/frontRequest.ts';

/** Serves requests, and gives what a client gets for each that it writes. */
async function exchange(serve: (req: FrontRequest) => Promise<string>, pieces: readonly string[]): Promise<string[]> {
  const server = createServer({ IncomingMessage: FrontRequest }, (req, res) => {
    void serve(req).then((answer) => res.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const answers: string[] = [];
  try {
    for (const piece of pieces) {
      client.write(piece);
      answers.push(String(await once(client, 'data')).split('\r\n\r\n')[1] ?? '');
    }
    return answers;
  } finally {
    client.destroy();
    server.close();
  }
}

const head = (length: number) => `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;

/** Takes the body, and tells how often a piece came, and which. */
function taken(req: FrontRequest): Promise<string> {
  const pieces: string[] = [];
  return new Promise((resolve) => {
    const isTaken = req.takeBody({
      onPiece: (piece) => pieces.push(piece.toString()) > 0,
      onEnd: () => resolve(pieces.join('|')),
    });
    if (!isTaken) resolve('not taken');
  });
}

it('a body that comes with its head is taken in one piece, and the next request of the connection, too', async () => {
  expect(await exchange(taken, [`${head(3)}one`, `${head(3)}two`])).toEqual(['one', 'two']);
});

it('a request without content ends without a piece', async () => {
  expect(await exchange(taken, [head(0)])).toEqual(['']);
});

it('a body of which some has come before it is asked for is read as a stream', async () => {
  const late = async (req: FrontRequest): Promise<string> => {
    await nextTurn();
    return `${await taken(req)}, ${await text(req)}`;
  };
  expect(await exchange(late, [`${head(3)}one`])).toEqual(['not taken, one']);
});

it('what is left of a body that is taken no longer is read as a stream', async () => {
  const half = async (req: FrontRequest): Promise<string> => {
    const first = await new Promise<string>((resolve) => {
      req.takeBody({
        onPiece(piece) {
          req.releaseBody();
          resolve(piece.toString());
          return true;
        },
        onEnd: () => resolve('the end'),
      });
    });
    return `${first}, ${await text(req)}`;
  };
  const chunked = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(await exchange(half, [`${chunked}3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n`])).toEqual(['one, two']);
});
