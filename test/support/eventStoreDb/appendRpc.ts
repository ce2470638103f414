import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';

import type { Expected } from './commitCheck.ts';
import { sizeOfProposed, type ProposedEvent } from './eventRecord.ts';
import type { CommitResult } from './history.ts';
import { refusalToWrite, requiresLeader, type Node } from './node.ts';
import { perform } from './perform.ts';
import { appendAndIndex } from './appendAndIndex.ts';
import { expectedOf, parseProposal } from './proposal.ts';
import { refusalError } from './refusals.ts';
import { RpcError, rpcErrors } from './rpcErrors.ts';
import { isStreamName, streamNameOf } from './streamName.ts';
import { shared, streams } from './stubs.ts';

/** Handles Streams.Append: one append as a call of its own. */
export async function handleAppend(
  node: Node,
  call: ServerReadableStream<AppendReq, AppendResp>,
  reply: sendUnaryData<AppendResp>,
): Promise<void> {
  node.calls.append++;
  try {
    const { stream, expected, events } = await receive(node, call);
    const refusal = refusalToWrite(node, requiresLeader(call.metadata));
    if (refusal !== undefined) throw refusalError(node, refusal, stream);
    await perform(node, call, node.faults.take('append', stream), {
      apply: () => appendAndIndex(node.history, stream, expected, events),
      answer: (result) => {
        if (result.result === 'stream-deleted') reply(rpcErrors.streamDeleted(stream));
        else if (result.result === 'not-indexed') reply(rpcErrors.timeout());
        else reply(null, answerTo(result, expected));
      },
      refuse: (refused) => reply(refusalError(node, refused, stream)),
    });
  } catch (error) {
    reply(error instanceof RpcError ? error : rpcErrors.handlerThrew());
  }
}

async function receive(node: Node, call: ServerReadableStream<AppendReq, AppendResp>) {
  let stream: string | undefined;
  let expected: Expected = 'any';
  const events: ProposedEvent[] = [];
  let size = 0;
  for await (const message of call as AsyncIterable<AppendReq>) {
    const options = message.getOptions();
    if (stream === undefined) {
      if (options === undefined) throw rpcErrors.handlerThrew();
      stream = streamNameOf(options.getStreamIdentifier());
      if (!isStreamName(stream)) throw rpcErrors.handlerThrew();
      expected = expectedOf(options, options.hasRevision() ? options.getRevision() : undefined, 'AppendReq');
      node.credentials.assertAccess(call.metadata, stream);
      continue;
    }
    const event = parseProposal(message.getProposedMessage()!);
    const eventSize = sizeOfProposed(event);
    const largest = node.maxAppendEventSizeBytes;
    if (eventSize > largest) throw rpcErrors.maxAppendEventSize(event.id, eventSize, largest);
    size += eventSize;
    if (size > node.maxAppendSizeBytes) throw rpcErrors.maxAppendSize(node.maxAppendSizeBytes);
    events.push(event);
  }
  if (stream === undefined) throw rpcErrors.handlerThrew();
  return { stream, expected, events };
}

function answerTo(result: CommitResult, expected: Expected): AppendResp {
  const response = new streams.AppendResp();
  if (result.result === 'success') response.setSuccess(success(result.revision, result.position));
  if (result.result === 'wrong-expected-version') response.setWrongExpectedVersion(wrong(expected, result.current));
  return response;
}

function success(revision: number, position: number | undefined): AppendResp.Success {
  const success = new streams.AppendResp.Success();
  if (revision < 0) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) {
    success.setNoPosition(new shared.Empty());
    return success;
  }
  const both = new streams.AppendResp.Position();
  both.setCommitPosition(String(position));
  both.setPreparePosition(String(position));
  success.setPosition(both);
  return success;
}

function wrong(expected: Expected, current: number): AppendResp.WrongExpectedVersion {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  if (current < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(current));
  return wrong;
}
