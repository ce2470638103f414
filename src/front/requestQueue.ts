import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address, ConnectionContext, Traffic } from './connection.ts';
import { shareOf } from './limits.ts';
import { Pace, type Paced } from './pace.ts';
import { answerRaw, REQUEST_TIMEOUT } from './rawAnswer.ts';

export interface RequestQueueOptions {
  readonly context: ConnectionContext;
  readonly address: Address;
  /** Of HTTP/1.1 the connection, of HTTP/2 one stream. */
  readonly socket: Socket;
  readonly paced: Paced;
}

interface WaitingRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly expectsContinue: boolean;
}

/** So many requests of a connection may wait before no more of it is read. What was read with them waits, too. */
const READ_AHEAD = 8;

/** How long the answer of a client that is too slow may take to end with an error, in milliseconds. */
const CUT_GRACE_MS = 2_000;

const QUEUE = Symbol('requestQueue');

/**
 * The requests of one socket. They are served one after the other: answers go out in the order of the requests anyway (RFC 9112,
 * 9.3.2), so that one connection holds one answer, however many requests it sends ahead. A stream of HTTP/2 has one request.
 */
export class RequestQueue implements Traffic {
  readonly #socket: Socket;
  readonly #address: Address;
  readonly #context: ConnectionContext;
  readonly #paced: Paced;
  readonly #pace = new Pace();
  /** The answer under way, or the last one. */
  #current: ServerResponse | undefined;
  #waiting: WaitingRequest[] = [];
  #tooSlowSince: number | undefined;
  /** The request whose body is awaited, and since when. */
  #arriving: { readonly req: IncomingMessage; readonly since: number } | undefined;
  /** The request whose body may last. */
  #lasting: IncomingMessage | undefined;

  constructor({ context, address, socket, paced }: RequestQueueOptions) {
    this.#context = context;
    this.#address = address;
    this.#socket = socket;
    this.#paced = paced;
    (socket as Tagged<Socket>)[QUEUE] = this;
  }

  get isTooSlow(): boolean {
    return this.#tooSlowSince !== undefined;
  }

  /** No request is unanswered. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && (this.#current === undefined || hasEnded(this.#current));
  }

  get waitsForClient(): boolean {
    return this.isIdle || this.#current?.req.complete === false;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Serves a request, or lets it wait for the answer before its own. */
  receive(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    if (this.#waiting.length === 0 && (this.#current === undefined || hasEnded(this.#current))) {
      this.#serve(req, res, expectsContinue);
    } else this.#wait({ req, res, expectsContinue });
  }

  /** Looks after the client's pace. */
  tick(now: number): void {
    // What its client has sent is held no longer.
    if (this.isIdle && this.#current?.req.complete === true) this.#current = undefined;
    if (this.#tooSlowSince !== undefined) {
      if (now - this.#tooSlowSince >= CUT_GRACE_MS) this.#socket.destroy();
    } else if (this.#pace.isTooSlow(this.#paced, now, this.#context.limits)) this.#tooSlowSince = now;
    else if (this.#isBodyLate(now)) this.#refuseBody();
  }

  /** See the function of this name. */
  letBodyLast(req: IncomingMessage): void {
    this.#lasting = req;
  }

  unanswered(): ServerResponse[] {
    const answers = this.#waiting.map(({ res }) => res);
    if (this.#current !== undefined && !hasEnded(this.#current)) answers.push(this.#current);
    return answers.filter(({ req }) => req.complete);
  }

  close(): void {
    this.#count(-this.#waiting.length);
    this.#waiting = [];
  }

  #isBodyLate(now: number): boolean {
    const req = this.#current?.req;
    if (req === undefined || req.complete || req === this.#lasting) {
      this.#arriving = undefined;
      return false;
    }
    if (this.#arriving?.req !== req) this.#arriving = { req, since: now };
    return now - this.#arriving.since >= this.#context.limits.maxBodyMs;
  }

  #refuseBody(): void {
    if (this.#current?.headersSent === true) this.#socket.destroy();
    else answerRaw(this.#socket, ...REQUEST_TIMEOUT);
  }

  #serve(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    this.#current = res;
    if (expectsContinue) res.writeContinue();
    this.#context.serve(req, res);
  }

  #wait(request: WaitingRequest): void {
    if (this.#socket.destroyed) return;
    const { waiting, limits } = this.#context;
    if (waiting >= limits.maxWaitingRequests || this.#address.waiting >= shareOf(limits.maxWaitingRequests)) {
      stopParsing(this.#socket);
      this.#socket.destroy();
      return;
    }
    if (this.#waiting.length === 0) this.#current?.once('close', this.#askForNext);
    this.#waiting.push(request);
    this.#count(1);
    if (this.#waiting.length >= READ_AHEAD) this.#socket.pause();
  }

  /** Requests that came at once give way to the other connections after each answer. */
  readonly #askForNext = (): void => void setImmediate(this.#serveNext);

  readonly #serveNext = (): void => {
    // After an answer that closes the connection, nothing more may be done for it.
    if (!this.#socket.writable) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#count(-1);
    if (this.#waiting.length === 0) this.#socket.resume();
    else next.res.once('close', this.#askForNext);
    this.#serve(next.req, next.res, next.expectsContinue);
  };

  #count(change: number): void {
    this.#context.waiting += change;
    this.#address.waiting += change;
  }
}

type Tagged<Stream> = Stream & { [QUEUE]?: RequestQueue };

/** Finds the requests of a socket; undefined when it is not the front's. */
export function requestQueueOf(socket: Duplex): RequestQueue | undefined {
  return (socket as Tagged<Duplex>)[QUEUE];
}

/** Tells whether the client of an answer takes it so slowly that it is about to be cut. */
export function isTooSlow({ socket }: Pick<ServerResponse, 'socket'>): boolean {
  return socket !== null && requestQueueOf(socket)?.isTooSlow === true;
}

/**
 * Makes the parser give up what is left of the last read: up to 64 KiB, in which there may be thousands of requests, and each
 * would be some objects until the connection has closed. Node has no other way to stop it; 2 tells it that what follows is
 * not HTTP. Where that should fail, the objects live for a moment, and that is all.
 */
function stopParsing(socket: Socket): void {
  const { parser } = socket as { parser?: { onIncoming?: () => number } | null };
  if (parser?.onIncoming !== undefined) parser.onIncoming = () => 2;
}

function hasEnded(res: ServerResponse): boolean {
  return res.writableFinished || res.destroyed;
}

/** The body of this request takes as long as its client likes: it is a stream of messages. */
export function letBodyLast(req: IncomingMessage): void {
  requestQueueOf(req.socket)?.letBodyLast(req);
}
