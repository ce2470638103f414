import type { AppError } from '../../errors/appError.ts';
import { truncated } from '../../mcp/failures.ts';
import { isStanding, type Call } from '../call.ts';
import { errorBody } from '../errorAnswer.ts';
import type { LineResponse } from '../lineResponse.ts';
import type { MessageText } from '../messageText.ts';
import type { MessageWriter } from './messageWriter.ts';

/** Writes the messages of one answer as lines, between those of other answers: each is a message of its own. */
export class LineAnswer implements MessageWriter {
  /** Nothing has to begin. */
  readonly isStream = true;
  readonly #res: LineResponse;
  readonly #call: Call;
  /** Of a batch: the requests that wait for their responses, by their ids as JSON. */
  #awaited: string[] | undefined;

  constructor(res: LineResponse, call: Call) {
    this.#res = res;
    this.#call = call;
  }

  get isOfBatch(): boolean {
    return this.#awaited !== undefined;
  }

  get isFull(): boolean {
    return this.#res.writableNeedDrain;
  }

  expect(ids: readonly string[]): void {
    this.#awaited = [...ids];
  }

  beginStream(): void {
    // The exchange has.
  }

  message(text: string): boolean {
    return this.#res.write(text);
  }

  response(text: MessageText): true {
    this.#res.write(text);
    this.#res.end();
    return true;
  }

  responseOfBatch(text: string, id: string): boolean {
    this.#res.write(text);
    return this.withdraw(id);
  }

  withdraw(id: string): boolean {
    const at = this.#awaited?.indexOf(id) ?? -1;
    if (at !== -1) this.#awaited?.splice(at, 1);
    if (this.#awaited?.length !== 0) return false;
    this.#res.end();
    return true;
  }

  accepted(): void {
    this.#res.end();
  }

  cancelled(): void {
    this.#res.end();
  }

  end(): AppError | undefined {
    if (!isStanding(this.#call)) return truncated({ server: this.#call.server.name }, 'a stream without the response');
    this.#res.complete();
    return undefined;
  }

  fail(error: AppError): void {
    if (this.#awaited === undefined) {
      this.#res.fail(error);
      return;
    }
    const body = JSON.stringify(errorBody(error));
    for (const id of this.#awaited) this.#res.write(`{"jsonrpc":"2.0","id":${id},"error":${body}}`);
    this.#res.end();
  }

  keepAlive(): void {
    // One blank line serves all calls of the exchange.
  }
}
