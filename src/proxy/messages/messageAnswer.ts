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
import type { AnswerWriter } from '../answerWriter.ts';
import { isStanding, type Call } from '../call.ts';
import { errorMessage } from '../errorAnswer.ts';
import type { AnswerLog, LoggedEvent } from './answerLog.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

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
export class MessageAnswer implements AnswerWriter {
  readonly #res: ServerResponse;
  readonly #call: Call;
  readonly #log: AnswerLog | undefined;
  #isStream = false;

  /** @param log of an answer that can be taken up again: it is an event stream, whatever it holds */
  constructor(res: ServerResponse, call: Call, log?: AnswerLog) {
    this.#res = res;
    this.#call = call;
    this.#log = log;
  }

  get isStream(): boolean {
    return this.#isStream;
  }

  /** Sends the head of an event stream, unless it was sent. */
  beginStream(): void {
    if (this.#isStream) return;
    this.#isStream = true;
    this.#res.writeHead(200, this.#headers('text/event-stream'));
    this.#res.flushHeaders();
    if (this.#log !== undefined) this.#res.write(beginning(this.#log));
  }

  /** Sends a message that is not the response. Returns false when no more may come until the client has drained. */
  message(text: string): boolean {
    const id = this.#log?.add(text);
    if (this.#res.destroyed) return true;
    this.beginStream();
    return this.#res.write(event(text, id));
  }

  /** Sends an event again, or one that another connection would have got. */
  again({ id, text }: LoggedEvent): boolean {
    this.beginStream();
    return this.#res.write(event(text, id));
  }

  /** Sends the response, which ends the answer. @param errorCode of a JSON-RPC error */
  response(text: string | Buffer, errorCode: number | undefined): void {
    if (this.#isStream || this.#log !== undefined) {
      this.#lastEvent(text.toString());
      return;
    }
    const isModernError = errorCode !== undefined && this.#call.era === 'modern';
    const headers = this.#headers('application/json');
    headers.push('Content-Length', String(Buffer.byteLength(text)));
    this.#res.writeHead((isModernError ? MODERN_STATUS.get(errorCode) : undefined) ?? 200, headers);
    this.#res.end(text);
  }

  /** Sends the event that ends the stream; one that is the whole stream in one piece. */
  #lastEvent(text: string): void {
    const id = this.#log?.add(text);
    this.#log?.end();
    if (this.#res.destroyed) return;
    const last = event(text, id);
    if (this.#isStream || this.#log === undefined) {
      this.beginStream();
      this.#res.end(last);
      return;
    }
    this.#isStream = true;
    const whole = beginning(this.#log) + last;
    const headers = this.#headers('text/event-stream');
    headers.push('Content-Length', String(Buffer.byteLength(whole)));
    this.#res.writeHead(200, headers);
    this.#res.end(whole);
  }

  /** Answers a message that has no response, or the end of a session. */
  accepted(status: 200 | 202): void {
    this.#res.writeHead(status, [...this.#headers(undefined), 'Content-Length', '0']);
    this.#res.end();
  }

  /** Ends the answer to a request that the client has cancelled: it gets no response. */
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
    this.#lastEvent(errorMessage(error, this.#call.id));
  }

  keepAlive(): void {
    if (this.#call.httpMethod === 'DELETE' || (this.#call.httpMethod === 'POST' && this.#call.kind !== 'request'))
      return;
    this.beginStream();
    this.#res.write(KEEP_ALIVE);
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

/** @param text without line ends */
function event(text: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${text}\n\n`;
}
