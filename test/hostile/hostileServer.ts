import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { fc } from '@fast-check/vitest';
import { costlyJson, textOf, type CostlyJson } from './costlyJson.ts';

/** What a server answers, and how. */
export type Trick =
  | {
      readonly what: 'json';
      readonly json: CostlyJson;
      readonly as: 'json' | 'event' | 'lines';
      readonly pieces: number;
    }
  | { readonly what: 'endless'; readonly line: string; readonly as: 'json' | 'event' }
  | { readonly what: 'pages'; readonly bytes: number }
  | { readonly what: 'gzip' };

export const trick: fc.Arbitrary<Trick> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('json' as const),
      json: costlyJson,
      as: fc.constantFrom('json' as const, 'event' as const, 'lines' as const),
      /** Bytes of a chunk: of one byte, a body is mostly framing, and each byte an object to who keeps it so. */
      pieces: fc.constantFrom(1, 1_000, 65_536),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('endless' as const),
      line: fc.constantFrom(
        'data: a\n',
        'data\r',
        'data:\r\n',
        ':\n',
        ': x\n\n',
        'id: 1\n',
        'event: x\n',
        'data: {"jsonrpc":"2.0","method":"x"}\n\n',
        'x',
        'data: x',
        '\n',
      ),
      as: fc.constantFrom('json' as const, 'event' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('pages' as const), bytes: fc.constantFrom(10, 500_000) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('gzip' as const) }) },
);

/** No answer goes on for longer than so many bytes, so that a round ends where nobody cuts it. */
const MAX_BYTES = 64 * 1024 * 1024;
/** So many bytes come in chunks of one. */
const MAX_TINY_BYTES = 2 * 1024 * 1024;
const BOMB = gzipSync(Buffer.alloc(MAX_BYTES));

/** A legacy MCP server that shakes hands as it should and then plays the trick of the moment. */
export interface HostileServer extends AsyncDisposable {
  readonly url: string;
  play(trick: Trick): void;
}

export async function startHostileServer(): Promise<HostileServer> {
  let now: Trick = { what: 'gzip' };
  let page = 0;
  let costly: Buffer = Buffer.alloc(0);
  const server = createServer((req, res) => {
    res.on('error', () => undefined);
    void (async () => {
      const message = req.method === 'POST' ? ((await readJson(req)) as { id?: unknown; method?: string }) : {};
      const { id, method } = message;
      if (method === 'initialize') {
        const result = {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'x', version: '1' },
        };
        answer(res, { jsonrpc: '2.0', id, result });
      } else if (method === 'server/discover')
        answer(res, { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } });
      else if (id === undefined) res.writeHead(202).end();
      else play(res, now, id);
    })().catch(() => res.destroy());
  });

  function play(res: ServerResponse, trick: Trick, id: unknown): void {
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
    switch (trick.what) {
      case 'json':
        res.writeHead(200, { 'content-type': trick.as === 'json' ? 'application/json' : 'text/event-stream' });
        writeInPieces(res, Buffer.concat([...frameOf(trick.as, head), costly]), trick.pieces);
        return;
      case 'endless': {
        res.writeHead(200, { 'content-type': trick.as === 'json' ? 'application/json' : 'text/event-stream' });
        const start = trick.as === 'json' ? Buffer.from(`${head}"`) : Buffer.alloc(0);
        const lines = Buffer.from(trick.line.repeat(Math.ceil(65_536 / trick.line.length)));
        writeInPieces(res, Buffer.concat([start, ...Array.from({ length: MAX_BYTES / 65_536 }, () => lines)]), 65_536);
        return;
      }
      case 'pages': {
        const tools = [{ name: `read${++page}`, inputSchema: {}, description: 'x'.repeat(trick.bytes) }];
        answer(res, { jsonrpc: '2.0', id, result: { content: [], tools, nextCursor: String(page) } });
        return;
      }
      case 'gzip':
        res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    play(trick) {
      now = trick;
      costly = trick.what === 'json' ? endOf(trick.as, textOf(trick.json)) : Buffer.alloc(0);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What comes before the costly text: small, for each answer has its own id. */
function frameOf(as: 'json' | 'event' | 'lines', head: string): Buffer[] {
  return [Buffer.from(`${as === 'json' ? '' : 'data: '}${head}{"content":[],"tools":`)];
}

function endOf(as: 'json' | 'event' | 'lines', text: string): Buffer {
  const end = as === 'json' ? '}}' : '}}\n\n';
  return Buffer.from((as === 'lines' ? text.replaceAll(',', '\ndata: ,') : text) + end);
}

function answer(res: ServerResponse, message: object): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

/** Writes chunks of so many bytes, for as long as they are taken. */
function writeInPieces(res: ServerResponse, bytes: Buffer, size: number): void {
  const end = size === 1 ? Math.min(bytes.length, MAX_TINY_BYTES) : bytes.length;
  let at = 0;
  const more = (): void => {
    while (at < end && !res.destroyed) {
      const piece = bytes.subarray(at, (at += size));
      if (!res.write(piece)) {
        res.once('drain', more);
        return;
      }
    }
    res.end(bytes.subarray(end));
  };
  more();
}
