import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { shareOf, type FrontLimits } from './limits.ts';
import { Pace } from './pace.ts';
import { answerRaw, REQUEST_TIMEOUT } from './rawAnswer.ts';

/** What the connections of one remote address have in common. */
export interface Address {
  readonly name: string;
  connections: number;
  strangers: number;
  waiting: number;
}

/** What all connections share. */
export interface ConnectionContext {
  readonly limits: FrontLimits;
  readonly serve: (req: IncomingMessage, res: ServerResponse) => void;
  /** Each connection begins with a handshake. */
  readonly isTls: boolean;
  /** Pipelined requests that wait, over all connections. */
  waiting: number;
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

const CONNECTION = Symbol('connection');

/**
 * One client's connection. Its requests are served one after the other: answers go out in the order of the requests anyway
 * (RFC 9112, 9.3.2), so that one connection holds one answer, however many requests it sends ahead.
 */
export class Connection {
  /** What the client has opened, and what its pace is measured at. */
  readonly below: Socket;
  /** What HTTP is spoken over: the same, or TLS over it. */
  #socket: Socket;
  /** The handshake of TLS is under way: since it was opened. */
  #isInHandshake: boolean;
  readonly address: Address;
  readonly since: number;
  /** Places in the registers. */
  place = -1;
  strangersPlace = -1;
  readonly #context: ConnectionContext;
  readonly #pace = new Pace();
  /** The answer under way, or the last one. */
  #current: ServerResponse | undefined;
  #waiting: WaitingRequest[] = [];
  #tooSlowSince: number | undefined;
  /** The request whose body is awaited, and since when. */
  #arriving: { readonly req: IncomingMessage; readonly since: number } | undefined;
  /** The request whose body may last. */
  #lasting: IncomingMessage | undefined;

  constructor(context: ConnectionContext, socket: Socket, address: Address, since: number) {
    this.#context = context;
    this.below = socket;
    this.#socket = socket;
    this.#isInHandshake = context.isTls;
    this.address = address;
    this.since = since;
    (socket as Tagged<Socket>)[CONNECTION] = this;
  }

  get socket(): Socket {
    return this.#socket;
  }

  get isInHandshake(): boolean {
    return this.#isInHandshake;
  }

  /** The handshake is done. */
  secured(encrypted: Socket): void {
    this.#socket = encrypted;
    this.#isInHandshake = false;
    (encrypted as Tagged<Socket>)[CONNECTION] = this;
  }

  get isTooSlow(): boolean {
    return this.#tooSlowSince !== undefined;
  }

  /** No request is unanswered. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && (this.#current === undefined || hasEnded(this.#current));
  }

  /** Nothing is served for it: all is answered, or the request has not come whole yet. */
  get waitsForClient(): boolean {
    return this.isIdle || this.#current?.req.complete === false;
  }

  /** Serves a request, or lets it wait for the answer before its own. */
  receive(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    if (this.#waiting.length === 0 && (this.#current === undefined || hasEnded(this.#current))) {
      this.#serve(req, res, expectsContinue);
    } else this.#wait({ req, res, expectsContinue });
  }

  /** Looks after the client's pace. */
  tick(now: number): void {
    if (this.#tooSlowSince !== undefined) {
      if (now - this.#tooSlowSince >= CUT_GRACE_MS) this.socket.destroy();
    } else if (this.#isInHandshake) {
      if (now - this.since >= this.#context.limits.handshakeMs) this.below.destroy();
    } else if (this.#pace.isTooSlow(this, now, this.#context.limits)) this.#tooSlowSince = now;
    else if (this.#isBodyLate(now)) this.#refuseBody();
  }

  /** See the function of this name. */
  letBodyLast(req: IncomingMessage): void {
    this.#lasting = req;
  }

  /** The answers to the requests that have come whole. */
  unanswered(): ServerResponse[] {
    const answers = this.#waiting.map(({ res }) => res);
    if (this.#current !== undefined && !hasEnded(this.#current)) answers.push(this.#current);
    return answers.filter(({ req }) => req.complete);
  }

  /** Forgets what waited on a connection that has closed. */
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
    if (this.#current?.headersSent === true) this.socket.destroy();
    else answerRaw(this.socket, ...REQUEST_TIMEOUT);
  }

  #serve(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    this.#current = res;
    if (expectsContinue) res.writeContinue();
    this.#context.serve(req, res);
  }

  #wait(request: WaitingRequest): void {
    if (this.socket.destroyed) return;
    const { waiting, limits } = this.#context;
    if (waiting >= limits.maxWaitingRequests || this.address.waiting >= shareOf(limits.maxWaitingRequests)) {
      stopParsing(this.socket);
      this.socket.destroy();
      return;
    }
    if (this.#waiting.length === 0) this.#current?.once('close', this.#askForNext);
    this.#waiting.push(request);
    this.#count(1);
    if (this.#waiting.length >= READ_AHEAD) this.socket.pause();
  }

  /** Requests that came at once give way to the other connections after each answer. */
  readonly #askForNext = (): void => void setImmediate(this.#serveNext);

  readonly #serveNext = (): void => {
    // After an answer that closes the connection, nothing more may be done for it.
    if (!this.socket.writable) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#count(-1);
    if (this.#waiting.length === 0) this.socket.resume();
    else next.res.once('close', this.#askForNext);
    this.#serve(next.req, next.res, next.expectsContinue);
  };

  #count(change: number): void {
    this.#context.waiting += change;
    this.address.waiting += change;
  }
}

type Tagged<Stream> = Stream & { [CONNECTION]?: Connection };

/** Finds the connection of a socket; undefined when it is not the front's. */
export function connectionOf(socket: Duplex): Connection | undefined {
  return (socket as Tagged<Duplex>)[CONNECTION];
}

/** Tells whether the client of an answer takes it so slowly that it is about to be cut. */
export function isTooSlow({ socket }: Pick<ServerResponse, 'socket'>): boolean {
  return socket !== null && connectionOf(socket)?.isTooSlow === true;
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
  connectionOf(req.socket)?.letBodyLast(req);
}
