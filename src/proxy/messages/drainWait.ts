import type { ClientSide } from '../clientSide.ts';

/** The wait for a client to take what was written for it. */
export class DrainWait {
  #end: (() => void) | undefined;

  /** Waits until the client has taken it, the signal is aborted, or `end` is called. */
  async wait(client: Pick<ClientSide, 'afterDrain'>, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const done = (): void => resolve(undefined);
    client.afterDrain(done);
    signal.addEventListener('abort', done, { once: true });
    this.#end = done;
    await promise;
    this.#end = undefined;
    signal.removeEventListener('abort', done);
  }

  end(): void {
    this.#end?.();
  }
}
