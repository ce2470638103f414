import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { Notifier } from '../notifier.ts';
import type { Connection } from './connections.ts';
import { Silent } from './failures.ts';
import type { ReadRequest } from './readRequest.ts';
import { Unreachable } from './unreachable.ts';

export type ReadResponse = streams.ReadResp;
type Call = ReturnType<Connection['streams']['read']>;

export interface ReadCallOptions {
  /** Ends the call; the iteration then ends normally. */
  readonly signal: AbortSignal;
  /** How long the server may take to say the first thing. gRPC itself would wait for ever. */
  readonly firstWithinMs: number;
  /** How long it may be silent after that while we wait. */
  readonly nextWithinMs: number;
  /** Finds out whether a silent server lives; one that does may go on being silent. (Default: it may not) @throws if not */
  readonly isAlive?: ((connection: Connection) => Promise<void>) | undefined;
}

/**
 * Makes one Read call and yields the server's responses, at the consumer's pace; however the iteration ends, the call is
 * cancelled. What has arrived is yielded before the failure that came after it.
 * @throws Silent; Unreachable when the connection is lost; a ServiceError
 */
export async function* readCall(
  connection: Connection,
  request: ReadRequest,
  { signal, firstWithinMs, nextWithinMs, isAlive }: ReadCallOptions,
): AsyncGenerator<ReadResponse, void, undefined> {
  const { lost } = connection;
  if (lost.aborted) throw lostError();
  const call = connection.streams.read(request, connection.metadata(), { deadline: Infinity });
  const arrived = new Notifier();
  let end: { readonly error: Error | undefined } | undefined;
  const notify = (): void => arrived.notify();
  call.on('readable', notify);
  call.on('end', () => {
    end ??= { error: undefined };
    notify();
  });
  // Listened to for as long as the call lives: an error at its end, when the iteration is over, would end the process.
  call.on('error', (error) => {
    end = { error };
    notify();
  });
  lost.addEventListener('abort', notify);
  let withinMs = firstWithinMs;
  try {
    while (!signal.aborted) {
      const { count } = arrived;
      // The one cast of the reading: gRPC's streams are not typed by what they carry.
      const response = call.read() as ReadResponse | null;
      if (response !== null) {
        yield response;
        withinMs = nextWithinMs;
      } else if (end !== undefined) {
        if (end.error !== undefined) throw end.error;
        return;
      } else if (lost.aborted) {
        throw lostError();
      } else {
        await arrived.waitBeyond(count, signal, Number.isFinite(withinMs) ? withinMs : undefined);
        if (arrived.count > count || signal.aborted) continue;
        if (isAlive === undefined) throw new Silent(withinMs);
        await isAlive(connection);
      }
    }
  } finally {
    lost.removeEventListener('abort', notify);
    cancel(call);
  }
}

/** Later, because a call that is cancelled before it has begun never ends (grpc-node, issue 1464). */
function cancel(call: Call): void {
  setImmediate(() => {
    call.cancel();
    // What it had read ahead would keep it open.
    call.destroy();
  });
}

function lostError(): Unreachable {
  return new Unreachable('The connection to EventStoreDB was lost.', { answered: true });
}
