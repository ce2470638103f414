import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fc } from '@fast-check/vitest';
import { costlyJson, textOf, type CostlyJson } from './costlyJson.ts';

/** A request that costs more than its bytes tell. */
export interface HostileBody {
  readonly to: 'mcp' | 'execute' | 'settings';
  readonly json: CostlyJson;
  readonly place: 'all' | '_meta' | 'arguments';
  /** Bytes of a chunk; undefined: its length is declared. */
  readonly pieces: number | undefined;
  /** It never ends. */
  readonly unfinished: boolean;
}

export const hostileBody: fc.Arbitrary<HostileBody> = fc.record({
  to: fc.constantFrom('mcp' as const, 'mcp' as const, 'execute' as const, 'settings' as const),
  json: costlyJson,
  place: fc.constantFrom('all' as const, '_meta' as const, 'arguments' as const),
  pieces: fc.constantFrom(undefined, 1, 10_000),
  unfinished: fc.constantFrom(false, false, true),
});

const PATHS = {
  mcp: '/mcp/hostile',
  execute: '/api/v1/mcp/servers/hostile/tools/read/execute',
  settings: '/api/v1/mcp/servers',
};

/** Chunks of one byte take a while. */
const MAX_TINY_BYTES = 500_000;

/** A client that takes note of how each of its requests ended. */
export interface HostileClient extends Disposable {
  /** Settles with the status, or 0 when the connection ended without an answer, or `patience` is over. */
  send(options: {
    method?: string;
    path: string;
    key: string;
    body?: Buffer;
    pieces?: number | undefined;
    unfinished?: boolean;
  }): Promise<number>;
}

export function bytesOf({ to, json, place }: HostileBody): { path: string; body: Buffer } {
  const text = textOf(json);
  const params = place === 'arguments' ? `"name":"read","arguments":${text}` : `"name":"read","_meta":${text}`;
  const message =
    to === 'mcp' ? `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${params}}}` : `{"arguments":${text}}`;
  return { path: PATHS[to], body: Buffer.from(place === 'all' ? text : message) };
}

export function openHostileClient(url: string, patienceMs: number): HostileClient {
  const agent = new Agent({ keepAlive: false });
  return {
    send: ({ method = 'POST', path, key, body, pieces, unfinished = false }) =>
      new Promise((resolve) => {
        const headers = {
          authorization: `Bearer ${key}`,
          accept: 'application/json, text/event-stream',
          ...(body && { 'content-type': 'application/json' }),
          ...(body && pieces === undefined && { 'content-length': String(body.length + (unfinished ? 1 : 0)) }),
        };
        const req = request(url + path, { method, headers, agent });
        const end = (status: number): void => {
          clearTimeout(timer);
          resolve(status);
          req.destroy();
        };
        const timer = setTimeout(() => end(0), patienceMs);
        req.on('error', () => end(0)).on('close', () => end(0));
        req.on('response', (res) => {
          res.on('error', () => undefined).on('data', () => undefined);
          res.on('close', () => end(res.statusCode ?? 0));
        });
        const closed = new Promise((done) => req.once('close', done));
        if (body === undefined) req.end();
        else void write(body);

        async function write(bytes: Buffer): Promise<void> {
          const size = pieces ?? 65_536;
          const last = size === 1 ? Math.min(bytes.length, MAX_TINY_BYTES) : bytes.length;
          for (let at = 0; at < last && !req.destroyed; at += size) {
            if (!req.write(bytes.subarray(at, at + size))) {
              await Promise.race([once(req, 'drain').catch(() => undefined), closed]);
            }
          }
          if (!unfinished && !req.destroyed)
            req.end(last < bytes.length && pieces === undefined ? bytes.subarray(last) : undefined);
        }
      }),
    [Symbol.dispose]() {
      agent.destroy();
    },
  };
}
