import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FrontLimits } from './limits.ts';

/** What the connections of one remote address have in common. */
export interface Address {
  readonly name: string;
  connections: number;
  strangers: number;
  waiting: number;
  /** Streams of HTTP/2. */
  streams: number;
}

/** What all connections share. */
export interface ConnectionContext {
  readonly limits: FrontLimits;
  readonly serve: (req: IncomingMessage, res: ServerResponse) => void;
  /** Each connection begins with a handshake. */
  readonly isTls: boolean;
  /** Requests that wait for others of their connection, over all connections. */
  waiting: number;
  /** Streams of HTTP/2, over all connections. */
  streams: number;
}

/** What a connection carries once its handshake is done: the requests of HTTP/1.1, or a session of HTTP/2. */
export interface Traffic {
  /** Nothing is served for it: all is answered, or the request has not come whole yet. */
  readonly waitsForClient: boolean;
  /** Of answers, that the client has not taken. */
  readonly unsentBytes: number;
  /** Looks after the client's pace. */
  tick(now: number): void;
  /** The answers to the requests that have come whole. */
  unanswered(): ServerResponse[];
  /** A good credential has come. */
  recognised?(): void;
  /** Has the client send what follows elsewhere, where the protocol has a word for it. */
  retire?(): void;
  /** Takes no more requests, and ends the connection when it has none, where the protocol can tell the client. */
  closeSoon?(): void;
  /** Forgets what waited on a connection that has closed. */
  close(): void;
}

const CONNECTION = Symbol('connection');

/** One client's connection. */
export class Connection {
  /** What the client has opened, and what its pace is measured at. HTTP may be spoken over TLS over it. */
  readonly below: Socket;
  readonly address: Address;
  readonly since: number;
  /** Places in the registers. */
  place = -1;
  strangersPlace = -1;
  readonly #context: ConnectionContext;
  /** Undefined: the handshake of TLS is under way, since it was opened. */
  #traffic: Traffic | undefined;

  constructor(context: ConnectionContext, socket: Socket, address: Address, since: number) {
    this.#context = context;
    this.below = socket;
    this.address = address;
    this.since = since;
    noteConnection(socket, this);
  }

  get traffic(): Traffic | undefined {
    return this.#traffic;
  }

  get waitsForClient(): boolean {
    return this.#traffic?.waitsForClient ?? true;
  }

  get isStranger(): boolean {
    return this.strangersPlace !== -1;
  }

  /** Its handshake is done, or it has none. */
  carry(traffic: Traffic): void {
    this.#traffic = traffic;
  }

  tick(now: number): void {
    if (this.#traffic !== undefined) this.#traffic.tick(now);
    else if (now - this.since >= this.#context.limits.handshakeMs) this.below.destroy();
  }
}

type Tagged<Stream> = Stream & { [CONNECTION]?: Connection };

/** Finds the connection of a socket, or of a stream of HTTP/2; undefined when it is not the front's. */
export function connectionOf(socket: Duplex): Connection | undefined {
  return (socket as Tagged<Duplex>)[CONNECTION];
}

/** Notes the connection that a socket, or a stream of HTTP/2, belongs to. */
export function noteConnection(socket: Duplex, connection: Connection): void {
  (socket as Tagged<Duplex>)[CONNECTION] = connection;
}
