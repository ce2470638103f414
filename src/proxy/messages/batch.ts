import { Invalid } from '../../errors/appError.ts';
import type { Cancellable } from './cancellables.ts';
import type { MessageCall } from './messageCall.ts';
import type { Posted } from './posted.ts';

/** The only revision with batches (MCP 2025-03-26, basic, "Batching"). */
const BATCHED = '2025-03-26';

/** Requests of one batch that are asked at the same time. */
const AT_ONCE = 16;

/** A request of the batch was cancelled; it is never shown. */
const CANCELLED = new Error('the client has cancelled the request');

export interface BatchOptions {
  readonly carried: MessageCall;
  readonly posted: readonly Posted[];
  /** Asks one request, and gives the client what comes for it. */
  readonly ask: (one: Posted, signal: AbortSignal) => Promise<void>;
  /** Passes a message on that has no response. */
  readonly tell: (one: Posted) => Promise<void>;
  /** Makes a request known that is under way; returns what ends that. */
  readonly enter: (one: Posted, request: Cancellable) => () => void;
}

/** @throws Invalid for a batch in a session of another revision, and for one with what can't be in a batch */
export function checkBatch(posted: readonly Posted[], protocolVersion: string | undefined): void {
  if (protocolVersion !== BATCHED) {
    const message = `Only MCP ${BATCHED} has batches, and the session has another revision: send the messages one by one.`;
    throw new Invalid('invalid-request', message);
  }
  if (posted.some(({ method }) => method === 'initialize')) {
    throw new Invalid('invalid-request', '"initialize" can’t be in a batch: send it alone.');
  }
}

/** The requests of a batch: each waits for one response. */
export function requestsOf(posted: readonly Posted[]): readonly Posted[] {
  return posted.filter(({ id, outcome }) => id !== undefined && outcome === undefined);
}

/** Carries the messages of a batch in their order; the responses come as they are there. */
export async function carryBatch({ carried, posted, ask, tell, enter }: BatchOptions): Promise<void> {
  const requests = new Set(requestsOf(posted));
  const underWay = new Set<Promise<void>>();

  async function askOne(one: Posted): Promise<void> {
    const cancelling = new AbortController();
    const leave = enter(one, {
      cancelByClient() {
        carried.withdraw(one.id);
        cancelling.abort(CANCELLED);
      },
    });
    try {
      await ask(one, AbortSignal.any([carried.signal, cancelling.signal]));
      await carried.drained();
    } catch (error) {
      if (!cancelling.signal.aborted) carried.respondFailure(one.id, error);
    } finally {
      leave();
    }
  }

  for (const one of posted) {
    if (carried.signal.aborted) break;
    if (!requests.has(one)) {
      await tell(one);
      continue;
    }
    while (underWay.size >= AT_ONCE) await Promise.race(underWay);
    const asking = askOne(one).finally(() => underWay.delete(asking));
    underWay.add(asking);
  }
  await Promise.all(underWay);
  if (requests.size === 0) carried.accept(202);
}
