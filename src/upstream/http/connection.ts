import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Sent } from '../../mcp/resending.ts';
import type { AnswerHeads } from './client/answerHead.ts';
import type { RequestHeads } from './client/requestHead.ts';
import { HttpClient } from './client/httpClient.ts';

/** The events of a connection, for its holder. */
export interface ConnectionEvents {
  /** It can take a request, or never will again because it is not open. */
  onFree(connection: Connection): void;
  /** The server closes it, without a word before. */
  onClosing(connection: Connection): void;
  onClosed(connection: Connection): void;
}

export interface ConnectionOptions {
  readonly origin: URL;
  readonly connect: buildConnector.connector;
  /** Time-out of requests that have none of their own, in milliseconds. */
  readonly idleMs: number;
  /** What all connections have written and read of heads. */
  readonly requestHeads: RequestHeads;
  readonly answerHeads: AnswerHeads;
}

const CLOSED_BY_SERVER: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** One connection to a server, which carries one request at a time and is opened by its first. */
export class Connection {
  readonly client: HttpClient;
  isOpen = false;
  isFree = false;
  /** The answer that it brought last was refused when it was whole. */
  isRefused = false;
  /** When it became free. */
  freeSince = 0;
  /** How long it had been free when it got the request that it carries; undefined for its first. */
  #idleMs: number | undefined;
  /** How far the exchange that it carries has come. */
  progress: 'sent' | 'answering' | 'answered' = 'sent';
  #hasUnsentBytes = false;
  #socket: Socket | undefined;

  constructor(options: ConnectionOptions, holder: ConnectionEvents) {
    this.client = new HttpClient({
      ...options,
      connect: (target, done) => {
        options.connect(target, (...outcome) => {
          if (outcome[0] === null) this.#begin(outcome[1]);
          done(...outcome);
        });
      },
      onFree: () => holder.onFree(this),
      onClosed: (error) => {
        this.isOpen = false;
        if ('code' in error && CLOSED_BY_SERVER.has(String(error.code))) holder.onClosing(this);
        holder.onClosed(this);
      },
    });
  }

  /**
   * It can take another request. An answer that came before its request was sent leaves that in the way of the next one; one
   * that was refused may be another request's, and the next answers would be, too.
   */
  get isUsable(): boolean {
    return this.isOpen && !this.isRefused && this.#socket?.writableLength === 0;
  }

  free(now: number): void {
    this.isFree = true;
    this.freeSince = now;
  }

  take(now: number): void {
    this.isFree = false;
    this.#idleMs = now - this.freeSince;
  }

  /** How much the server can have received of a request that had begun to be written when the connection failed so. */
  sent(error: Error): Sent {
    const isWriteError = 'syscall' in error && error.syscall === 'write';
    return isWriteError || this.#hasUnsentBytes ? 'part' : 'whole';
  }

  /** How long it was idle when the server closed it; undefined when the server did so for another reason. */
  idleMsWhenLost(now: number): number | undefined {
    if (this.isFree) return now - this.freeSince;
    if (this.progress === 'answered') return 0;
    return this.progress === 'sent' ? this.#idleMs : undefined;
  }

  #begin(socket: Socket): void {
    this.isOpen = true;
    this.#socket = socket;
    this.#idleMs = undefined;
    this.#hasUnsentBytes = false;
    // What TLS has not confirmed may be on its way all the same.
    if (socket instanceof TLSSocket) return;
    // Before the HTTP client tidies up.
    const note = (): void => {
      this.#hasUnsentBytes = socket.writableLength > 0;
    };
    socket.once('end', note);
    socket.once('error', note);
  }
}
