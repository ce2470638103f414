import type { ServerResponse } from 'node:http';
import type { AppError } from '../../errors/appError.ts';
import {
  HEADER_MISMATCH,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  UNSUPPORTED_VERSION,
} from '../../mcp/errorCodes.ts';
import { truncated } from '../../mcp/failures.ts';
import { pushAnswerHeaders } from '../answerHeaders.ts';
import { isStanding, type Call } from '../call.ts';
import { errorBody, errorMessage } from '../errorAnswer.ts';
import type { AnswerLog, LoggedEvent } from '../answerLog.ts';
import { byteLengthOf, type MessageText } from '../messageText.ts';
import type { MessageWriter } from './messageWriter.ts';

const KEEP_ALIVE = ': keep-alive\n\n';
const EVENT_END = '\n\n';

/** So short an answer is one text with its head, which makes one small write of what would be a gathered one. */
const ONE_WRITE_CHARACTERS = 8_192;

/** When a client whose connection broke is to come back, in milliseconds. */
const RETRY_MS = 1_000;

/** What a modern server answers an error with; any other is an answer like all (MCP 2026-07-28, basic/transports, "Response"). */
const MODERN_STATUS = new Map([
  [METHOD_NOT_FOUND, 404],
  [HEADER_MISMATCH, 400],
  [MISSING_CLIENT_CAPABILITY, 400],
  [UNSUPPORTED_VERSION, 400],
]);

/**
 * Writes the messages of one answer. One that consists of the response alone is a JSON document; anything before the response, or
 * silence that lasts, makes it an event stream (MCP 2025-11-25, basic/transports, "Sending Messages to the Server").
 */
export class MessageAnswer implements MessageWriter {
  readonly #res: ServerResponse;
  readonly #call: Call;
  readonly #log: AnswerLog | undefined;
  #isStream = false;
  /** Of a batch: the requests that wait for their responses, by their ids as JSON. */
  #awaited: string[] | undefined;
  /** Of a batch: the responses until its answer begins. */
  readonly #responses: string[] = [];

  /** @param log of an answer that can be taken up again: one that is primed is an event stream, whatever it holds */
  constructor(res: ServerResponse, call: Call, log?: AnswerLog) {
    this.#res = res;
    this.#call = call;
    this.#log = log;
  }

  get isStream(): boolean {
    return this.#isStream;
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

  /** Sends the head of an event stream, unless it was sent. */
  beginStream(): void {
    if (this.#isStream) return;
    this.#isStream = true;
    this.#res.writeHead(200, this.#headers('text/event-stream'));
    this.#res.flushHeaders();
    if (this.#log?.isPrimed === true) this.#res.write(beginning(this.#log));
    for (const text of this.#responses.splice(0)) this.#write(text);
  }

  message(text: string): boolean {
    const id = this.#log?.add(text);
    if (this.#res.destroyed || this.#res.writableEnded) return true;
    this.beginStream();
    return this.#write(text, id);
  }

  /** Sends an event again, or one that another connection would have got. */
  again({ id, text }: LoggedEvent): boolean {
    this.beginStream();
    return this.#write(text, id);
  }

  response(text: MessageText, errorCode: number | undefined): true {
    if (this.#isStream || this.#log?.isPrimed === true) {
      this.#lastEvent(text);
      return true;
    }
    const isModernError = errorCode !== undefined && this.#call.era === 'modern';
    const headers = this.#headers('application/json');
    headers.push('Content-Length', String(byteLengthOf(text)));
    this.#res.writeHead((isModernError ? MODERN_STATUS.get(errorCode) : undefined) ?? 200, headers);
    if (typeof text === 'string') this.#res.end(text);
    else this.#gather('', text, '', true);
    return true;
  }

  responseOfBatch(text: string, id: string): boolean {
    if (this.#isStream) this.message(text);
    else this.#responses.push(text);
    return this.withdraw(id);
  }

  withdraw(id: string): boolean {
    const at = this.#awaited?.indexOf(id) ?? -1;
    if (at !== -1) this.#awaited?.splice(at, 1);
    if (this.#awaited?.length !== 0) return false;
    // All were cancelled: there is no response.
    if (!this.#isStream && this.#responses.length === 0) this.beginStream();
    if (this.#isStream) this.#res.end();
    else this.response(`[${this.#responses.splice(0).join(',')}]`, undefined);
    return true;
  }

  /** Sends the event that ends the stream; one that is the whole stream in one piece. @param text without line ends */
  #lastEvent(text: MessageText): void {
    const id = this.#log?.add(text);
    this.#log?.end();
    if (this.#res.destroyed) return;
    if (this.#isStream || this.#log === undefined) {
      this.beginStream();
      this.#write(text, id);
      this.#res.end();
      return;
    }
    this.#isStream = true;
    const head = beginning(this.#log) + headOf(id);
    const headers = this.#headers('text/event-stream');
    headers.push('Content-Length', String(Buffer.byteLength(head) + byteLengthOf(text) + EVENT_END.length));
    this.#res.writeHead(200, headers);
    if (typeof text === 'string' && text.length <= ONE_WRITE_CHARACTERS) {
      this.#res.end(head + text + EVENT_END);
      return;
    }
    this.#gather(head, text, EVENT_END, true);
  }

  /** Ends the connection, and not the answer: the client takes it up again. */
  pause(): void {
    this.beginStream();
    this.#res.end();
  }

  accepted(status: 200 | 202): void {
    this.#res.writeHead(status, [...this.#headers(undefined), 'Content-Length', '0']);
    this.#res.end();
  }

  cancelled(): void {
    this.beginStream();
    this.#res.end();
  }

  end(): AppError | undefined {
    if (!isStanding(this.#call)) {
      return truncated({ server: this.#call.server.name }, 'an event stream without the response');
    }
    this.beginStream();
    this.#res.end();
    return undefined;
  }

  fail(error: AppError): void {
    // A broken stream that the client will open again must look broken.
    if (!this.#isStream || (this.#call.httpMethod === 'GET' && error.code === 'upstream-truncated')) {
      this.#res.destroy();
      return;
    }
    if (this.#awaited === undefined) {
      this.#lastEvent(errorMessage(error, this.#call.id));
      return;
    }
    const body = JSON.stringify(errorBody(error));
    for (const id of this.#awaited) this.message(`{"jsonrpc":"2.0","id":${id},"error":${body}}`);
    if (!this.#res.destroyed) this.#res.end();
  }

  keepAlive(): void {
    const { httpMethod, awaited } = this.#call;
    if (httpMethod === 'DELETE' || (httpMethod === 'POST' && awaited.length === 0)) return;
    this.beginStream();
    this.#res.write(KEEP_ALIVE);
  }

  /** @param text without line ends */
  #write(text: MessageText, id?: string): boolean {
    const head = headOf(id);
    if (typeof text === 'string') return this.#res.write(head + text + EVENT_END);
    return this.#gather(head, text, EVENT_END);
  }

  /** Writes in one piece for the network, but not copied into one: that would take milliseconds for a large one. */
  #gather(head: string, text: MessageText, tail: string, isLast = false): boolean {
    const res = this.#res;
    const pieces = [head, ...(typeof text === 'string' ? [text] : text), tail];
    res.cork();
    for (const piece of pieces) if (piece.length > 0) res.write(piece);
    if (isLast) res.end();
    res.uncork();
    // What the network takes at once has been drained within `uncork`.
    return !res.writableNeedDrain;
  }

  #headers(contentType: Parameters<typeof pushAnswerHeaders>[2]): string[] {
    const headers: string[] = [];
    const { session } = this.#call;
    if (session !== undefined) headers.push('Mcp-Session-Id', session.token);
    pushAnswerHeaders(headers, this.#call, contentType);
    return headers;
  }
}

/** The event that begins an answer which can be taken up again: its id, when to come back, and no message. */
function beginning({ firstId }: AnswerLog): string {
  return `id: ${firstId}\nretry: ${RETRY_MS}\ndata: \n\n`;
}

/** An event up to its message. */
function headOf(id: string | undefined): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: `;
}
