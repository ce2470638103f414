import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';

/** Forwards a request as it is: what both floors do, and nothing else. */
export function createForward(upstream: string): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const pool = new Pool(upstream, { connections: null, pipelining: 1 });
  return async (req, res) => {
    const { host: _host, connection: _connection, authorization: _authorization, ...headers } = req.headers;
    await pool.stream(
      {
        path: req.url ?? '/',
        method: req.method as 'POST',
        headers,
        body: req.method === 'GET' ? null : req,
        opaque: res,
      },
      ({ statusCode, headers }) => {
        const { connection: _upstreamConnection, 'keep-alive': _keepAlive, ...rest } = headers;
        res.writeHead(statusCode, rest);
        return res;
      },
    );
  };
}
