import { Refused } from '../errors/appError.ts';
import { excerpt } from '../mcp/excerpt.ts';
import type { Endpoint } from './http/endpoint.ts';
import type { JsonRpcErrorBody } from '../mcp/jsonRpc.ts';

/** The server answered with a JSON-RPC error. `rpc` is that error as the server sent it, to be shown to whoever asked. */
export class UpstreamError extends Refused {
  readonly rpc: JsonRpcErrorBody;

  constructor(endpoint: Pick<Endpoint, 'server' | 'secrets'>, rpc: JsonRpcErrorBody) {
    super(
      'upstream-rpc-error',
      `The server "${endpoint.server}" answered with an error: ${excerpt(rpc.message, endpoint.secrets)}`,
      {
        data: { server: endpoint.server, rpcCode: rpc.code },
      },
    );
    this.rpc = rpc;
  }
}
