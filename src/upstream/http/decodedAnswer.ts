import type { Dispatcher } from 'undici';
import { readCodings, type ContentCoding } from '../../mcp/contentCodings.ts';
import { beginsAs, openDecoder, UndecodableContent, type Decoder } from './decoder.ts';

type Controller = Dispatcher.DispatchController;
type Head = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * Stands between the HTTP client and the handler of an answer, and undoes the content codings that a server uses although
 * it is asked not to. It is the handler's controller, too: a pause holds the decoder back, and through it the server.
 */
export class DecodedAnswer implements Dispatcher.DispatchHandler, Dispatcher.DispatchController {
  readonly #to: Dispatcher.DispatchHandler;
  #from: Controller | undefined;
  #codings: readonly ContentCoding[] | undefined;
  #decoder: Decoder | undefined;
  #isPaused = false;
  /** The server has sent all, or broke off. */
  #inputOver = false;
  /** The handler knows of the end. */
  #over = false;

  constructor(to: Dispatcher.DispatchHandler) {
    this.#to = to;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#from = controller;
    this.#to.onRequestStart?.(this, context);
  }

  onResponseStart(_controller: Controller, status: number, head: Head, statusMessage?: string): void {
    const encoding = head['content-encoding'];
    const codings = encoding === undefined || status < 200 ? undefined : readCodings(encoding);
    if (codings === undefined || codings.length === 0) {
      this.#to.onResponseStart?.(this, status, head, statusMessage);
      return;
    }
    this.#codings = codings;
    const { 'content-encoding': _encoding, 'content-length': length, ...rest } = head;
    // That there is nothing is true decoded, too.
    this.#to.onResponseStart?.(
      this,
      status,
      length === '0' ? { ...rest, 'content-length': length } : rest,
      statusMessage,
    );
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#codings === undefined) {
      this.#to.onResponseData?.(this, chunk);
      return;
    }
    if (this.#over) return;
    if (this.#decoder === undefined && !beginsAs(this.#codings, chunk)) {
      this.#refuse(this.#codings);
      return;
    }
    const { input } = (this.#decoder ??= this.#open(this.#codings, chunk));
    if (input.write(chunk)) return;
    this.#from?.pause();
    input.once('drain', () => {
      if (!this.#inputOver && !this.#over) this.#from?.resume();
    });
  }

  onResponseEnd(_controller: Controller, trailers: Record<string, string | string[] | undefined>): void {
    this.#finish(() => this.#to.onResponseEnd?.(this, trailers));
  }

  onResponseError(_controller: Controller, error: Error): void {
    // What came before the break is passed on first, as without a coding.
    this.#finish(() => this.#to.onResponseError?.(this, error));
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get aborted(): boolean {
    return this.#from?.aborted ?? false;
  }

  get reason(): Error | null {
    return this.#from?.reason ?? null;
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#decoder === undefined) this.#from?.pause();
    else this.#decoder.output.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#decoder === undefined) this.#from?.resume();
    else this.#decoder.output.resume();
  }

  abort(reason: Error): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    decoder?.destroy();
    if (decoder !== undefined && this.#inputOver) this.#end(() => this.#to.onResponseError?.(this, reason));
    else this.#from?.abort(reason);
  }

  #open(codings: readonly ContentCoding[], first: Buffer): Decoder {
    const decoder = openDecoder(codings, first, (cause) => {
      this.#refuse(codings, cause);
    });
    decoder.output.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#to.onResponseData?.(this, chunk);
    });
    if (this.#isPaused) decoder.output.pause();
    return decoder;
  }

  #refuse(codings: readonly ContentCoding[], cause?: Error): void {
    this.#decoder?.destroy();
    const error = new UndecodableContent(codings, cause);
    this.#end(() => this.#to.onResponseError?.(this, error));
    if (!this.#inputOver) this.#from?.abort(error);
  }

  /** Tells the handler of the end when everything that came before it has passed. */
  #finish(tell: () => void): void {
    this.#inputOver = true;
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.#end(tell);
      return;
    }
    decoder.output.once('end', () => {
      this.#end(tell);
    });
    decoder.input.end();
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    tell();
  }
}
