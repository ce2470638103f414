import type { IncomingMessage, ServerResponse } from 'node:http';
import { Invalid, NotFound } from '../errors/appError.ts';
import { negotiate } from '../front/negotiate.ts';
import { checkRequestHead } from '../front/requestHead.ts';
import { CONTENT_TYPES, FORMATS } from './exposition.ts';
import type { Exposer } from './exposer.ts';

export const METRICS_PATH = '/metrics';

export interface MetricsEndpointOptions {
  readonly exposer: Pick<Exposer, 'write'>;
  /** @throws Forbidden */
  readonly checkHost: (req: IncomingMessage) => void;
  /** Answers with the error. One that is no AppError is a bug. */
  readonly refuse: (res: ServerResponse, error: unknown) => void;
}

/** Makes what answers at `/metrics`, and nowhere else. */
export function createMetricsEndpoint({ exposer, checkHost, refuse }: MetricsEndpointOptions) {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    checkRequestHead(req);
    checkHost(req);
    if (req.url?.split('?', 1)[0] !== METRICS_PATH) throw new NotFound('no-such-resource', 'There is /metrics here.');
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      throw new Invalid('method-not-allowed', 'Metrics are read with GET.');
    }
    const format = negotiate(req.headers.accept, FORMATS);
    // Of the head nothing depends on the figures but their length, which it may leave out (RFC 9110, 9.3.2).
    const text = req.method === 'HEAD' ? undefined : await exposer.write(format);
    if (res.destroyed) return;
    res.writeHead(200, { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store' });
    res.end(text);
  }

  return (req: IncomingMessage, res: ServerResponse): void => {
    // A body is of no use here; a connection that sends one is not used again.
    if (req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined) {
      res.setHeader('connection', 'close');
    }
    answer(req, res).catch((error: unknown) => refuse(res, error));
  };
}
