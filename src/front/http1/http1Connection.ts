import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection, ConnectionContext, Traffic } from '../connection.ts';
import { shareOf } from '../limits.ts';
import { refuseMalformed } from '../malformedRequest.ts';
import { socketPace } from '../pace.ts';
import { answerRaw, REQUEST_TIMEOUT } from '../rawAnswer.ts';
import { RequestQueue } from '../requestQueue.ts';
import { HeadReader } from './headReader.ts';
import { Http1Request } from './http1Request.ts';
import { Http1Response } from './http1Response.ts';

export interface Http1ConnectionOptions {
  readonly context: ConnectionContext;
  readonly connection: Connection;
  /** What HTTP is spoken over: the connection, or TLS over it. */
  readonly socket: Socket;
  /** Gets a request and its answer, as Node's own server would give them. */
  readonly receive: (req: Http1Request, res: Http1Response) => void;
  /** Gives the socket to Node's own parser, which gives out what follows. */
  readonly parse: () => void;
}

const CR = 0x0d;
const LF = 0x0a;

/** So long, in milliseconds, an idle connection lives beyond what the client was told, as with Node's server. */
const KEEP_ALIVE_BUFFER_MS = 1_000;

/**
 * One connection of HTTP/1.1. Requests whose heads are plain are read here: Node's parser and what its server does around it take
 * about as much as all else that a call costs. From the first head that is not plain, the connection is Node's. Requests and answers are
 * objects of Node's classes in either case, so that there is one way for what serves them.
 */
export class Http1Connection implements Traffic {
  readonly #context: ConnectionContext;
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #queue: RequestQueue;
  readonly #receive: Http1ConnectionOptions['receive'];
  readonly #parse: () => void;
  /** Undefined: Node has the connection. */
  #heads: HeadReader | undefined = new HeadReader();
  /** The request whose body is coming. */
  #arriving: Http1Request | undefined;
  /** Those that are not over; the first one has the socket. */
  readonly #answers: Http1Response[] = [];
  /** What came behind them and is not plain. */
  #held: Buffer | undefined;
  #hasServed = false;
  #idleSince: number | undefined;

  constructor({ context, connection, socket, receive, parse }: Http1ConnectionOptions) {
    this.#context = context;
    this.#connection = connection;
    this.#socket = socket;
    this.#receive = receive;
    this.#parse = parse;
    const { address, below } = connection;
    this.#queue = new RequestQueue({ context, address, socket, paced: socketPace(socket, below) });
    socket.on('data', this.#read);
    socket.on('end', this.#ended);
    socket.on('error', this.#failed);
    socket.on('drain', this.#drained);
    socket.on('close', this.#closed);
  }

  get waitsForClient(): boolean {
    return this.#queue.waitsForClient;
  }

  get unsentBytes(): number {
    return this.#queue.unsentBytes;
  }

  tick(now: number): void {
    this.#queue.tick(now);
    if (this.#heads !== undefined) this.#endIdle(now);
  }

  unanswered(): ServerResponse[] {
    return this.#queue.unanswered();
  }

  /** Of those that are Node's, its server knows. */
  closeSoon(): void {
    if (this.#heads !== undefined && this.#isIdle) this.#socket.destroy();
  }

  close(): void {
    this.#queue.close();
    if (this.#held !== undefined) this.#count(-1);
    this.#held = undefined;
  }

  /** A head may come next. */
  get #isBetween(): boolean {
    return this.#arriving === undefined && this.#held === undefined;
  }

  get #isIdle(): boolean {
    return this.#answers.length === 0 && this.#arriving === undefined;
  }

  readonly #read = (bytes: Buffer): void => {
    let at = 0;
    // After an answer that closes the connection, nothing more is done for it.
    while (at < bytes.length && this.#socket.writable) {
      if (this.#isBetween && bytes[at] === CR && bytes[at + 1] === LF) {
        // Some clients end a body with it (RFC 9112, 2.2).
        at += 2;
        continue;
      }
      if (this.#arriving !== undefined) {
        at += this.#readBody(this.#arriving, bytes, at);
        continue;
      }
      const head = this.#held === undefined ? this.#heads?.read(bytes, at) : undefined;
      if (head === undefined) {
        this.#leaveToNode(bytes.subarray(at));
        return;
      }
      at += head.length;
      const end = at + head.contentLength;
      const content = end <= bytes.length ? bytes.subarray(at, end) : undefined;
      if (content !== undefined) at = end;
      const req = new Http1Request(this.#socket, head, content);
      if (content === undefined) this.#arriving = req;
      this.#begin(req);
    }
  };

  #begin(req: Http1Request): void {
    const res = new Http1Response(req, this.#context.limits.keepAliveMs);
    if (this.#answers.push(res) === 1) res.assignSocket(this.#socket);
    res.on('finish', this.#answered);
    this.#hasServed = true;
    this.#idleSince = undefined;
    this.#receive(req, res);
  }

  #readBody(req: Http1Request, bytes: Buffer, from: number): number {
    this.#idleSince = undefined;
    const taken = Math.min(req.missing, bytes.length - from);
    const goesOn = req.receive(bytes.subarray(from, from + taken));
    if (req.complete) this.#arriving = undefined;
    else if (!goesOn) this.#socket.pause();
    return taken;
  }

  /** The answer that has the socket is over. */
  readonly #answered = (): void => {
    const res = this.#answers.shift();
    if (res === undefined) return;
    res.req.dump();
    // What comes of its body is thrown away, or its reader says when to wait.
    if (this.#arriving === res.req) this.#socket.resume();
    res.detachSocket(this.#socket);
    process.nextTick(close, res);
    if (res.isLast) this.#socket.destroySoon();
    else if (this.#answers[0] !== undefined) this.#answers[0].assignSocket(this.#socket);
    // Requests that came at once give way to the other connections after each answer.
    else if (this.#held !== undefined) setImmediate(this.#leaveHeld);
  };

  /** @param bytes begin with what is no plain head */
  #leaveToNode(bytes: Buffer): void {
    if (this.#held === undefined && this.#isIdle) {
      this.#handOver(bytes);
      return;
    }
    if (this.#held === undefined && !this.#hasRoom()) {
      this.#socket.destroy();
      return;
    }
    if (this.#held === undefined) this.#count(1);
    this.#held = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    this.#socket.pause();
  }

  readonly #leaveHeld = (): void => {
    const bytes = this.#held;
    if (bytes === undefined || !this.#socket.writable) return;
    this.#held = undefined;
    this.#count(-1);
    this.#handOver(bytes);
  };

  #handOver(bytes: Buffer): void {
    this.#heads = undefined;
    this.#socket.off('data', this.#read);
    this.#socket.off('end', this.#ended);
    this.#socket.off('error', this.#failed);
    this.#socket.off('drain', this.#drained);
    this.#socket.off('close', this.#closed);
    this.#parse();
    this.#socket.emit('data', bytes);
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** A client that closes its half gets no more, as with Node's server. */
  readonly #ended = (): void => {
    if (this.#arriving === undefined) this.#socket.end();
    else refuseMalformed(new Error('The body ended early.'), this.#socket);
  };

  readonly #failed = (): void => void this.#socket.destroy();

  readonly #drained = (): void => {
    const res = this.#answers[0];
    if (res !== undefined && !res.writableEnded) res.emit('drain');
  };

  readonly #closed = (): void => {
    for (const res of this.#answers.splice(0)) {
      res.req.abort();
      // The first has heard of it from the socket.
      res.destroy();
    }
  };

  #endIdle(now: number): void {
    // A body that nobody waits for any more, and that does not come, keeps no connection.
    if (this.#answers.length > 0) return;
    this.#heads?.forget();
    const { headersMs, keepAliveMs } = this.#context.limits;
    if (!this.#hasServed) {
      if (now - this.#connection.since >= headersMs) answerRaw(this.#socket, ...REQUEST_TIMEOUT);
      return;
    }
    this.#idleSince ??= now;
    if (now - this.#idleSince >= keepAliveMs + KEEP_ALIVE_BUFFER_MS) this.#socket.destroy();
  }

  #hasRoom(): boolean {
    const { waiting, limits } = this.#context;
    return waiting < limits.maxWaitingRequests && this.#connection.address.waiting < shareOf(limits.maxWaitingRequests);
  }

  #count(change: number): void {
    this.#context.waiting += change;
    this.#connection.address.waiting += change;
  }
}

function close(res: Http1Response): void {
  res.close();
}
