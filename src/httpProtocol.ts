import type { IncomingMessage } from 'node:http';

/** What carries a request: HTTP/1.1 (or 1.0), or HTTP/2. */
export type HttpProtocol = 'h1' | 'h2';

/** Tells what carries a request. */
export function httpProtocolOf({ httpVersionMajor }: Pick<IncomingMessage, 'httpVersionMajor'>): HttpProtocol {
  return httpVersionMajor === 2 ? 'h2' : 'h1';
}
