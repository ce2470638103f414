import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

import type { CommitResult } from './history.ts';
import { refusalToWrite, requiresLeader, type Node } from './node.ts';
import { perform } from './perform.ts';
import { expectedNumber, expectedOf } from './proposal.ts';
import { refusalError } from './refusals.ts';
import { RpcError, rpcErrors } from './rpcErrors.ts';
import { isStreamName, streamNameOf } from './streamName.ts';
import { shared, streams } from './stubs.ts';

/** Handles Streams.Delete and Streams.Tombstone. */
export async function handleDelete<
  Request extends DeleteReq | TombstoneReq,
  Response extends DeleteResp | TombstoneResp,
>(
  node: Node,
  how: 'soft' | 'tombstone',
  call: ServerUnaryCall<Request, Response>,
  reply: sendUnaryData<Response>,
): Promise<void> {
  node.calls.delete++;
  try {
    const options = call.request.getOptions();
    if (options === undefined) throw rpcErrors.handlerThrew();
    const stream = streamNameOf(options.getStreamIdentifier());
    const expected = expectedOf(
      options,
      options.hasRevision() ? options.getRevision() : undefined,
      how === 'soft' ? 'DeleteReq' : 'TombstoneReq',
    );
    node.credentials.assertAccess(call.metadata, stream);
    if (!isStreamName(stream)) throw rpcErrors.handlerThrew();
    const refusal = refusalToWrite(node, requiresLeader(call.metadata));
    if (refusal !== undefined) throw refusalError(node, refusal, stream);
    await perform(node, call, node.faults.take('delete', stream), {
      apply: () => node.history.delete(stream, expected, how),
      answer: (result) => {
        if (result.result === 'success') reply(null, answerTo(result, how) as Response);
        else if (result.result === 'stream-deleted') reply(rpcErrors.streamDeleted(stream));
        else if (result.result === 'not-indexed') reply(rpcErrors.timeout());
        else reply(rpcErrors.wrongExpectedVersion('Delete', stream, expectedNumber(expected), result.current));
      },
      refuse: (refused) => reply(refusalError(node, refused, stream)),
    });
  } catch (error) {
    reply(error instanceof RpcError ? error : rpcErrors.handlerThrew());
  }
}

function answerTo(result: CommitResult & { result: 'success' }, how: 'soft' | 'tombstone'): DeleteResp | TombstoneResp {
  const [response, position] =
    how === 'soft'
      ? ([new streams.DeleteResp(), new streams.DeleteResp.Position()] as const)
      : ([new streams.TombstoneResp(), new streams.TombstoneResp.Position()] as const);
  if (result.position === undefined) {
    response.setNoPosition(new shared.Empty());
    return response;
  }
  position.setCommitPosition(String(result.position));
  position.setPreparePosition(String(result.position));
  response.setPosition(position);
  return response;
}
