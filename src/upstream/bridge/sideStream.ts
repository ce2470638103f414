import type { ServerNotification, ServerRequest } from '../../mcp/jsonRpc.ts';
import type { Upstream } from '../upstream.ts';
import type { SideListener } from './sideListener.ts';

export interface SideStreamOptions {
  readonly upstream: Upstream;
  readonly onRequest: (request: ServerRequest) => void;
  /** The server waits for a request of its own no longer. */
  readonly onWithdrawn: (id: unknown) => void;
}

/**
 * What the legacy server of one session sends outside of requests: read for as long as the session is there, so that none of its
 * requests waits for nobody, and given to all who listen.
 */
export class SideStream {
  readonly #options: SideStreamOptions;
  readonly #ending = new AbortController();
  readonly #listeners = new Set<SideListener>();
  #running: Promise<boolean> | undefined;
  /** The server has refused a stream: only who listens asks again. */
  #isRefused = false;

  constructor(options: SideStreamOptions) {
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Reads the stream, unless it is read or the server has none. */
  hear(): void {
    if (!this.#isRefused) void this.#start();
  }

  /** Gives what comes to a listener, too. @returns whether the server has a stream, as soon as that is known */
  async join(listener: SideListener): Promise<boolean> {
    this.#listeners.add(listener);
    return await this.#start();
  }

  leave(listener: SideListener): void {
    this.#listeners.delete(listener);
  }

  /** Passes on a notification that came elsewhere. */
  put(notification: ServerNotification): void {
    for (const listener of this.#listeners) listener.put(notification);
  }

  end(error: Error): void {
    this.#ending.abort(error);
    for (const listener of this.#listeners) listener.end({ error });
  }

  #start(): Promise<boolean> {
    if (this.#running === undefined) {
      const opened = Promise.withResolvers<boolean>();
      this.#running = opened.promise;
      void this.#run(opened.resolve);
    }
    return this.#running;
  }

  async #run(settle: (isThere: boolean) => void): Promise<void> {
    const { upstream, onRequest, onWithdrawn } = this.#options;
    let isThere = false;
    const onOpen = (): void => {
      isThere = true;
      settle(true);
    };
    let end: Parameters<SideListener['end']>[0] = 'complete';
    try {
      for await (const message of upstream.listen({ signal: this.#ending.signal, onOpen })) {
        onOpen();
        if (message.kind === 'request') onRequest(message.request);
        else if (message.notification.method !== 'notifications/cancelled') this.put(message.notification);
        else onWithdrawn(message.notification.params?.['requestId']);
      }
    } catch (error) {
      end = { error };
    }
    this.#isRefused = !isThere && end === 'complete';
    this.#running = undefined;
    settle(false);
    for (const listener of this.#listeners) listener.end(end);
  }
}
