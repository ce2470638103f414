import { INVALID_REQUEST } from '../../mcp/errorCodes.ts';
import type { ServerRequest } from '../../mcp/jsonRpc.ts';
import type { Upstream, UpstreamRequest } from '../upstream.ts';
import type { CallClient } from './callClient.ts';
import { CarriedCall } from './carriedCall.ts';
import { mayAskForInput } from './modernInputs.ts';
import { SessionLevel } from './sessionLevel.ts';
import { SideStream } from './sideStream.ts';
import { SessionResources } from './sessionResources.ts';

/** One session at a legacy server, and the calls of modern clients in it. */
export class LegacySession implements AsyncDisposable {
  readonly upstream: Upstream;
  readonly level: SessionLevel;
  readonly side: SideStream;
  readonly watched: SessionResources;
  /** In the order in which they were sent. */
  readonly #calls = new Set<CarriedCall>();

  constructor(upstream: Upstream) {
    this.upstream = upstream;
    this.level = new SessionLevel(upstream);
    this.watched = new SessionResources(upstream);
    this.side = new SideStream({
      upstream,
      onRequest: (request) => this.#takeStrange(request),
      onWithdrawn: (id) => {
        for (const call of this.#calls) call.withdraw(id);
      },
    });
    this.side.hear();
  }

  /** Sends a request. @param onOver called when nothing of it is left at the server */
  start(request: UpstreamRequest, client: CallClient, turnMs: number, onOver: () => void): CarriedCall {
    this.side.hear();
    const call = new CarriedCall({
      upstream: this.upstream,
      request,
      mayAsk: mayAskForInput(request.method),
      client,
      turnMs,
      onUnasked: (notification) => this.side.put(notification),
      onStrangeRequest: (strange) => this.#takeStrange(strange),
      onOver: () => {
        this.#calls.delete(call);
        onOver();
      },
    });
    this.#calls.add(call);
    return call;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.upstream[Symbol.asyncDispose]();
  }

  /**
   * Takes a request of the server's that does not say which call it belongs to: many servers send it on the stream for what is
   * outside of requests. It is of the last call during which the server may ask; outside of calls nothing may be asked for (MCP
   * 2026-07-28, basic/patterns/mrtr).
   */
  #takeStrange(request: ServerRequest): void {
    const call = [...this.#calls].findLast(({ mayAsk }) => mayAsk);
    if (call !== undefined) {
      call.take(request);
      return;
    }
    const message = 'This client can be asked for something during a call of its own only.';
    // A server that can't be reached waits for nothing.
    this.upstream.reply(request.id, { error: { code: INVALID_REQUEST, message } }).catch(() => undefined);
  }
}
