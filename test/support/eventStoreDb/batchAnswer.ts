import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';

import { batchStatus } from './batchStatus.ts';
import type { Expected } from './commitCheck.ts';
import type { CommitResult } from './history.ts';
import { Empty, shared, streams } from './stubs.ts';

/** Writes the outcome of an append into the answer to it. */
export function fillBatchAnswer(
  response: BatchAppendResp,
  result: CommitResult,
  { stream, expected }: { stream: string; expected: Expected },
): void {
  switch (result.result) {
    case 'stream-deleted':
      response.setError(batchStatus.streamDeleted(stream));
      return;
    case 'not-indexed':
      response.setError(batchStatus.timeout());
      return;
    case 'wrong-expected-version':
      response.setError(batchStatus.wrongExpectedVersion(expected, result.current));
      return;
    case 'success':
      response.setSuccess(success(result.revision, result.position));
  }
}

function success(revision: number, position: number | undefined): BatchAppendResp.Success {
  const success = new streams.BatchAppendResp.Success();
  if (revision < 0) success.setNoStream(new Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) {
    success.setNoPosition(new Empty());
    return success;
  }
  const both = new shared.AllStreamPosition();
  both.setCommitPosition(String(position));
  both.setPreparePosition(String(position));
  success.setPosition(both);
  return success;
}
