import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { text } from 'node:stream/consumers';

export interface AdminAnswer {
  readonly status: number;
  readonly text: string;
  json(): unknown;
}

/** Calls the server's HTTP API, as an administrator over TLS. */
export type AdminApi = (method: string, path: string, body?: string, timeoutMs?: number) => Promise<AdminAnswer>;

/** @param caFile The authority of the server's certificate, over TLS only. */
export function adminApi(port: number, caFile: string | undefined): AdminApi {
  return (method, path, body, timeoutMs = 60_000) =>
    new Promise((resolve, reject) => {
      const options = {
        ...{ host: '127.0.0.1', port, method, path },
        // A connection of its own: the server is killed and started again between two calls.
        agent: false as const,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'application/json', 'content-type': 'application/json', 'content-length': length(body) },
      };
      const call =
        caFile === undefined
          ? requestPlain(options)
          : requestOverTls({ ...options, servername: 'localhost', ca: readFileSync(caFile), auth: 'admin:changeit' });
      call.on('error', reject).on('response', (response) => {
        text(response).then(
          (content) =>
            resolve({ status: response.statusCode ?? 0, text: content, json: () => JSON.parse(content) as unknown }),
          reject,
        );
      });
      call.end(body);
    });
}

function length(body = ''): number {
  return Buffer.byteLength(body);
}
