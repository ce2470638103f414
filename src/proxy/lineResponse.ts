import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AppError } from '../errors/appError.ts';
import type { HttpProtocol } from '../httpProtocol.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import { errorMessage } from './errorAnswer.ts';
import { byteLengthOf, type MessageText } from './messageText.ts';
import type { Session } from './sessionTokens.ts';

/** What carries the answer to a call: an HTTP response of its own, or lines of an exchange that many calls share. */
export type CallResponse = ServerResponse | LineResponse;

const COMPLETE = { resultType: 'complete' };

/** The exchange that a call is a line of. */
export interface LineChannel {
  /** See CallEvent. */
  readonly requestId: string | undefined;
  /** See CallEvent. */
  readonly protocol: HttpProtocol | undefined;
  /** Names the client within this process: the ids of requests are its own. */
  readonly id: string;
  /** Of the legacy era, from its answer to `initialize` on. */
  readonly session: Session | undefined;
  /** Bytes that the client has not taken. */
  readonly unsentBytes: number;
  readonly isFull: boolean;
  /** Sends a line. @param taken called when the client has it @returns false when no more may come until it has drained */
  write(line: MessageText, taken: () => void): boolean;
  /** A session begins, which lasts as long as the exchange. */
  sessionBegun(session: Session, held: HeldSession): void;
  /** Nothing more is written for a call. */
  answered(response: LineResponse): void;
}

/** What a session of an exchange holds. */
export interface HeldSession {
  use<T>(work: () => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/**
 * The answer to one call of an exchange, as far as calls need to know of an answer: what they write are lines, and its end is the
 * end of no connection. It emits `drain`, `finish` and `close` as an HTTP response does.
 */
export class LineResponse extends EventEmitter {
  readonly channel: LineChannel;
  /** The requests that wait for their responses. */
  readonly awaited: readonly JsonRpcId[];
  /** It is a stream that stays open for events. */
  readonly isStanding: boolean;
  /** The head of the exchange was sent before. */
  readonly headersSent = true;
  readonly statusCode = 200;
  /** It has none of its own. */
  readonly socket = null;
  bodyBytes = 0;
  /** Of the exchange: its lines have none of their own. */
  readonly requestId: string | undefined;
  readonly protocol: HttpProtocol | undefined;
  /** The error with which it ended. */
  fault: AppError | undefined;
  destroyed = false;
  /** `close` was emitted. */
  isClosed = false;
  writableEnded = false;
  writableFinished = false;
  /** Lines that the client has not taken. */
  #untaken = 0;

  constructor(channel: LineChannel, awaited: readonly JsonRpcId[], isStanding: boolean) {
    super();
    // As many listen as a batch has messages.
    this.setMaxListeners(0);
    this.channel = channel;
    this.requestId = channel.requestId;
    this.protocol = channel.protocol;
    this.awaited = awaited;
    this.isStanding = isStanding;
  }

  get writableLength(): number {
    return this.channel.unsentBytes;
  }

  get writableNeedDrain(): boolean {
    return !this.writableEnded && !this.destroyed && this.channel.isFull;
  }

  /** @param line a message without line ends. Returns false when no more may come until the client has drained. */
  write(line: MessageText): boolean {
    if (this.writableEnded || this.destroyed) return true;
    this.bodyBytes += byteLengthOf(line) + 1;
    this.#untaken++;
    return this.channel.write(line, () => {
      this.#untaken--;
      this.#finishIfTaken();
    });
  }

  /** Nothing more comes. */
  end(): void {
    if (this.writableEnded || this.destroyed) return;
    this.writableEnded = true;
    this.channel.answered(this);
    process.nextTick(() => this.#finishIfTaken());
  }

  /** Ends it with the error, which every request that waits is answered with. What has no response gets none (JSON-RPC 2.0, 4.1). */
  fail(error: AppError): void {
    this.fault = error;
    for (const id of this.awaited) this.write(errorMessage(error, id));
    this.end();
  }

  /** Ends a stream that stands, as a server would (MCP 2026-07-28, basic/patterns/subscriptions). */
  complete(): void {
    for (const id of this.awaited) this.write(JSON.stringify({ jsonrpc: '2.0', id, result: COMPLETE }));
    this.end();
  }

  /** Ends it as it is: nothing more is written, and what is under way for it has no client. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.channel.answered(this);
    process.nextTick(() => {
      this.isClosed = true;
      this.emit('close');
    });
  }

  #finishIfTaken(): void {
    if (!this.writableEnded || this.#untaken > 0 || this.destroyed) return;
    this.writableFinished = true;
    this.emit('finish');
    this.destroy();
  }
}

/** Resolves when an answer is over: its client has it, or is gone. */
export async function whenClosed(response: LineResponse): Promise<void> {
  if (response.isClosed) return;
  await once(response, 'close');
}
