import { JSON_BOUNDS, type JsonBounds } from '../../mcp/jsonCost.ts';
import type { DuplexSettings } from './duplexSettings.ts';

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
}

/** What waits for one reader, in order. It has bounds, which its writer is to keep. */
export class Inbox<T> {
  readonly #bounds: DuplexSettings['waiting'];
  readonly #onRoom: () => void;
  readonly #items: Waiting<T>[] = [];
  #bytes = 0;
  #end: { readonly error: unknown } | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;
  /** What the answer that its reader waits for may cost. */
  answerBounds: JsonBounds = JSON_BOUNDS;
  /** Called with the bytes of what is put in; what it throws ends the inbox. */
  onPut: ((bytes: number) => void) | undefined;
  /** Called when the server has sent anything, also for others. */
  onLife: (() => void) | undefined;

  /** @param onRoom called when the inbox is not full any more */
  constructor(bounds: DuplexSettings['waiting'], onRoom: () => void) {
    this.#bounds = bounds;
    this.#onRoom = onRoom;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#bounds.messages || this.#bytes >= this.#bounds.bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Puts an item in. Nobody reads it once the inbox is closed or has failed. */
  put(item: T, bytes: number): void {
    if (this.#isClosed || this.#end !== undefined) return;
    try {
      this.onPut?.(bytes);
    } catch (error) {
      this.abort(error);
      return;
    }
    // It may have been ended by that.
    if (this.#end !== undefined) return;
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    this.#wake?.();
  }

  /** Ends it with an error, which is thrown when what waits has been taken. Only the first one counts. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Ends it with an error that is thrown at once. */
  abort(error: unknown): void {
    this.#clear();
    this.#end = { error };
    this.#wake?.();
  }

  /** Nobody reads any more. */
  close(): void {
    this.#isClosed = true;
    this.#clear();
  }

  /** Waits for the next item, and takes it. @throws the error that it ended with */
  async take(): Promise<T> {
    for (;;) {
      const first = this.#items.shift();
      if (first !== undefined) {
        const wasFull = this.#items.length + 1 >= this.#bounds.messages || this.#bytes >= this.#bounds.bytes;
        this.#bytes -= first.bytes;
        if (wasFull && !this.isFull) this.#onRoom();
        return first.item;
      }
      if (this.#end !== undefined) throw this.#end.error;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#wake = () => resolve(undefined);
      await promise;
      this.#wake = undefined;
    }
  }

  #clear(): void {
    const wasFull = this.isFull;
    this.#items.length = 0;
    this.#bytes = 0;
    if (wasFull) this.#onRoom();
  }
}
