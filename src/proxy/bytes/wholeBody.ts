import type { ServerResponse } from 'node:http';

/** So short a body is copied into the head's string, which makes one small write of what would be a gathered one. */
const ONE_WRITE_BYTES = 8_192;

/** Sends an answer whose body is there to its end. */
export function sendWhole(res: ServerResponse, status: number, headers: string[], body: Buffer): void {
  headers.push('Content-Length', String(body.length));
  res.writeHead(status, headers);
  if (body.length <= ONE_WRITE_BYTES) res.end(body.toString('latin1'), 'latin1');
  else res.end(body);
}
