import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';

import { appendAndIndex } from './appendAndIndex.ts';
import { fillBatchAnswer } from './batchAnswer.ts';
import { batchRefusal } from './batchRefusal.ts';
import { batchStatus } from './batchStatus.ts';
import { idOf } from './eventId.ts';
import { refusalToWrite, requiresLeader, type Node } from './node.ts';
import { PendingAppends } from './pendingAppends.ts';
import { perform } from './perform.ts';
import { RpcError } from './rpcErrors.ts';
import { streamIdentifier, streamNameOf } from './streamName.ts';
import { streams } from './stubs.ts';

/** Handles Streams.BatchAppend: many appends over one call, each in one or more chunks, answered in any order. */
export function handleBatchAppend(node: Node, call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
  const pending = new PendingAppends(node, call.metadata);
  let chunksAtWork = 0;
  let hasEnded = false;

  function send(request: BatchAppendReq, stream: string, fill: (response: BatchAppendResp) => void): void {
    if (call.cancelled || call.destroyed) return;
    const response = new streams.BatchAppendResp();
    response.setCorrelationId(request.getCorrelationId());
    response.setStreamIdentifier(streamIdentifier(stream));
    fill(response);
    call.write(response);
  }

  function refuse(request: BatchAppendReq, stream: string, refusal: Status | RpcError): void {
    pending.drop(idOf(request.getCorrelationId()));
    if (refusal instanceof RpcError) call.emit('error', refusal);
    else send(request, stream, (response) => response.setError(refusal));
  }

  async function receive(request: BatchAppendReq): Promise<void> {
    const outcome = pending.add(request, (stream) => refuse(request, stream, batchStatus.timeout()));
    if (outcome === 'incomplete') return;
    if ('refusal' in outcome) {
      refuse(request, outcome.stream, outcome.refusal);
      return;
    }
    const { stream, expected, events } = outcome;
    node.calls.append++;
    const refusal = refusalToWrite(node, requiresLeader(call.metadata));
    if (refusal !== undefined) {
      refuse(request, stream, batchRefusal(node, refusal, stream));
      return;
    }
    await perform(node, call, node.faults.take('append', stream), {
      apply: () => appendAndIndex(node.history, stream, expected, events),
      answer: (result) => send(request, stream, (response) => fillBatchAnswer(response, result, outcome)),
      refuse: (refused) => refuse(request, stream, batchRefusal(node, refused, stream)),
    });
  }

  function endWhenAnswered(): void {
    if (hasEnded && chunksAtWork === 0) call.end();
  }

  // Each append that hangs listens for the call's end.
  call.setMaxListeners(0);
  call.on('error', () => undefined);
  try {
    node.credentials.authenticate(call.metadata);
  } catch (error) {
    call.emit('error', error);
    return;
  }
  call.on('cancelled', () => pending.clear());
  call.on('end', () => {
    hasEnded = true;
    endWhenAnswered();
  });
  call.on('data', (request: BatchAppendReq) => {
    chunksAtWork++;
    receive(request)
      .catch((error: unknown) => {
        const stream = streamNameOf(request.getOptions()?.getStreamIdentifier());
        refuse(request, stream, batchStatus.badRequest(reasonOf(error)));
      })
      .finally(() => {
        chunksAtWork--;
        endWhenAnswered();
      });
  });
}

function reasonOf(error: unknown): string {
  // What is a message of its own for a single append is a missing key here.
  if (error instanceof RpcError && error.metadata.get('exception')[0] === 'missing-required-metadata-property') {
    return 'The given key was not present in the dictionary.';
  }
  return error instanceof Error ? error.message : String(error);
}
