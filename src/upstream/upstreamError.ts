import { Refused } from '../errors/appError.ts';
import { excerpt } from '../mcp/excerpt.ts';
import type { ServerLabel } from '../mcp/failures.ts';
import type { JsonRpcErrorBody } from '../mcp/jsonRpc.ts';

/** The server answered with a JSON-RPC error. `rpc` is that error as the server sent it, for the caller. */
export class UpstreamError extends Refused {
  readonly rpc: JsonRpcErrorBody;

  constructor({ server, secrets }: ServerLabel, rpc: JsonRpcErrorBody) {
    super('upstream-rpc-error', `The server "${server}" answered with an error: ${excerpt(rpc.message, secrets)}`, {
      data: { server, rpcCode: rpc.code },
    });
    this.rpc = rpc;
  }
}
