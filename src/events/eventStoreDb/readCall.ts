import type { EventStoreDBClient } from '@eventstore/db-client';
import rpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { Unavailable } from '../../errors.ts';
import { untilAborted } from '../untilAborted.ts';
import { fromClient } from './failures.ts';
import type { ReadRequest } from './readRequest.ts';

export type ReadResponse = streams.ReadResp;
type Call = ReturnType<InstanceType<typeof rpc.StreamsClient>['read']>;

export interface ReadCallOptions {
  /** Ends the call; the iteration then ends normally. */
  readonly signal: AbortSignal;
  /** How long the server may take to say the first thing. The client itself would wait for ever. */
  readonly firstWithinMs: number;
  /** How long it may be silent after that while we wait. */
  readonly nextWithinMs: number;
}

/**
 * Makes one Read call and yields what the server says, at the consumer's pace; however the iteration ends, the call is
 * cancelled. Calls the client's own channel (discovery, TLS, credentials, reconnection) by what it offers its subclasses,
 * because its public reads can't filter and its streams need care that a plain gRPC call does not.
 * @throws Unavailable
 */
export async function* readCall(
  client: EventStoreDBClient,
  request: ReadRequest,
  { signal, firstWithinMs, nextWithinMs }: ReadCallOptions,
): AsyncGenerator<ReadResponse, void, undefined> {
  // A follower may lag behind: a node that is not the leader says so, and the client turns to the one that is.
  const [metadata, options] = client['callArguments']({ requiresLeader: true }, { deadline: Infinity });
  const opening = client['GRPCStreamCreator'](rpc.StreamsClient, 'read', (grpc) =>
    grpc.read(request, metadata, options),
  )();
  let withinMs = firstWithinMs;
  try {
    const call = await inTime(opening, signal, firstWithinMs);
    const responses = call?.[Symbol.asyncIterator]();
    for (;;) {
      const next = responses && (await inTime(responses.next(), signal, withinMs));
      if (next === undefined || next.done === true) return;
      // The one cast of the reading: gRPC's streams are not typed by what they carry.
      yield next.value as ReadResponse;
      withinMs = nextWithinMs;
    }
  } catch (error) {
    throw fromClient(error);
  } finally {
    opening.then(cancel, () => undefined);
  }
}

/** Later, because a call that is cancelled before it has begun never ends (grpc-node, issue 1464). */
function cancel(call: Call): void {
  // What it still says about its end is nobody's business any more, and would end the process.
  call.on('error', () => undefined);
  setImmediate(() => {
    call.cancel();
    // What it had read ahead would keep it open, and the client waits for it when it is disposed of.
    call.destroy();
  });
}

/** Waits, but not longer than `ms`; undefined when the signal aborts first. @throws Unavailable after `ms` */
async function inTime<T>(promise: Promise<T>, signal: AbortSignal, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<never>();
  const timer = Number.isFinite(ms)
    ? setTimeout(() => {
        late.reject(
          new Unavailable('event-store-unavailable', `EventStoreDB did not answer within ${ms / 1_000} seconds.`),
        );
      }, ms)
    : undefined;
  try {
    return await untilAborted(Promise.race([promise, late.promise]), signal);
  } finally {
    clearTimeout(timer);
  }
}
