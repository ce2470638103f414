import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Metadata } from '@grpc/grpc-js';

import { WRITE_TIMEOUT_MS } from './appendAndIndex.ts';
import { batchStatus } from './batchStatus.ts';
import type { Expected } from './commitCheck.ts';
import { idOf } from './eventId.ts';
import { sizeOfProposed, type ProposedEvent } from './eventRecord.ts';
import type { Node } from './node.ts';
import { expectedOf, parseProposal } from './proposal.ts';
import { RpcError } from './rpcErrors.ts';
import { isStreamName, streamNameOf } from './streamName.ts';

/** An append of which not all chunks have come. */
export interface PendingAppend {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: ProposedEvent[];
  readonly timer: NodeJS.Timeout;
  bytes: number;
}

/** Puts the chunks of appends together. */
export class PendingAppends {
  readonly #byId = new Map<string, PendingAppend>();
  readonly #node: Node;
  readonly #metadata: Metadata;

  constructor(node: Node, metadata: Metadata) {
    this.#node = node;
    this.#metadata = metadata;
  }

  /** Answers the whole append with its last chunk. Chunks of an append that was refused or timed out are ignored. */
  add(
    request: BatchAppendReq,
    onTimeout: (stream: string) => void,
  ): PendingAppend | 'incomplete' | { stream: string; refusal: Status } {
    const id = idOf(request.getCorrelationId());
    const refusal = this.#open(id, request, onTimeout);
    if (refusal !== undefined) return refusal;
    const append = this.#byId.get(id);
    if (append === undefined) return 'incomplete';
    for (const message of request.getProposedMessagesList()) {
      const event = parseProposal(message);
      const size = sizeOfProposed(event);
      const largest = this.#node.maxAppendEventSizeBytes;
      if (size > largest) {
        return { stream: append.stream, refusal: batchStatus.maxAppendEventSize(event.id, size, largest) };
      }
      append.bytes += size;
      append.events.push(event);
    }
    const limit = this.#node.maxAppendSizeBytes;
    if (append.bytes > limit) return { stream: append.stream, refusal: batchStatus.maxAppendSize(limit) };
    if (!request.getIsFinal()) return 'incomplete';
    this.drop(id);
    return append;
  }

  drop(id: string): void {
    clearTimeout(this.#byId.get(id)?.timer);
    this.#byId.delete(id);
  }

  clear(): void {
    for (const id of [...this.#byId.keys()]) this.drop(id);
  }

  #open(id: string, request: BatchAppendReq, onTimeout: (stream: string) => void) {
    const options = request.getOptions();
    if (options === undefined || this.#byId.has(id)) return undefined;
    const stream = streamNameOf(options.getStreamIdentifier());
    if (!this.#mayWrite(stream)) return { stream, refusal: batchStatus.accessDenied() };
    if (!options.hasStreamIdentifier()) {
      return { stream, refusal: batchStatus.badRequest('Required field StreamIdentifier not set.') };
    }
    if (!isStreamName(stream)) {
      const reason = "Specified argument was out of the range of valid values. (Parameter 'eventStreamId')";
      return { stream, refusal: batchStatus.badRequest(reason) };
    }
    const deadline = options.getDeadline()?.toDate().getTime() ?? Infinity;
    const timeoutMs = Math.min(deadline - Date.now(), WRITE_TIMEOUT_MS);
    if (timeoutMs <= 0) return { stream, refusal: batchStatus.timeout() };
    const expected = expectedOf(
      options,
      options.hasStreamPosition() ? options.getStreamPosition() : undefined,
      'BatchAppendReq',
    );
    const timer = setTimeout(() => onTimeout(stream), timeoutMs);
    this.#byId.set(id, { stream, expected, events: [], timer, bytes: 0 });
    return undefined;
  }

  #mayWrite(stream: string): boolean {
    try {
      this.#node.credentials.assertAccess(this.#metadata, stream);
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }
}
