import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import { createBoundedLog } from './boundedLog.ts';
import { isForwarded, noteForwarded, type Trust } from './client.ts';
import { connectionOf, noteConnection, type Connection, type ConnectionContext } from './connection.ts';
import { createConnections } from './connections.ts';
import { FrontRequest } from './frontRequest.ts';
import { FrontResponse } from './frontResponse.ts';
import { Http1Connection } from './http1/http1Connection.ts';
import { Http2Session } from './http2/session.ts';
import type { StreamRequest } from './http2/streamRequest.ts';
import { MAX_HEADER_BYTES, type FrontLimits } from './limits.ts';
import { refuseMalformed } from './malformedRequest.ts';
import { answerRaw, HEADERS_TOO_LARGE, type RawRefusal } from './rawAnswer.ts';
import { readTarget } from './requestHead.ts';
import { requestQueueOf } from './requestQueue.ts';
import { createTlsDoor, type ServedCertificate } from './tlsDoor.ts';

export interface FrontOptions {
  /** Answers a request. Never throws. */
  readonly serve: (req: IncomingMessage, res: ServerResponse) => void;
  /** Called when an answer that was served is over: taken, or its client gone. (Default: nobody counts them) */
  readonly onAnswered?: ((res: FrontResponse) => void) | undefined;
  /** (Default: none, and plain HTTP is spoken) */
  readonly certificate?: ServedCertificate | undefined;
  /** Over TLS a client may choose HTTP/2. (Default: true) */
  readonly http2?: boolean;
  readonly limits: FrontLimits;
  /** (Default: nobody is believed about other clients) */
  readonly trust?: Trust;
  /** Never goes back. */
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The HTTP server of the gateway, and what it holds of its clients. */
export interface Front extends Disposable {
  readonly server: Server;
  /** What it holds now. Looks at each connection. */
  readonly load: FrontLoad;
  /** A good credential came with this request. */
  recognise(req: IncomingMessage): void;
  /** Tells whether a good credential has come on the connection of a request, and it is one client's. */
  isRecognised(req: IncomingMessage): boolean;
  /** Resolves when it has stopped to listen and its last connection is gone; at once, when it has never listened. */
  closed(): Promise<void>;
  /** From now on each answer ends its connection, so that clients make new ones elsewhere (RFC 9112, 9.6; RFC 9113, 6.8). */
  retire(): void;
  /** Ends the connections that have no request under way, or have not come to HTTP yet; those of HTTP/2 end after their last answer. */
  closeIdle(): void;
  closeAll(): void;
  /** Resolves when the requests that have come whole until now are answered, or after `ms`. */
  drained(ms: number): Promise<void>;
}

export interface FrontLoad {
  readonly connections: number;
  /** Requests that were sent ahead, and wait. */
  readonly waiting: number;
  /** Of answers, that clients have not taken. */
  readonly unsentBytes: number;
  /** Connections that found no room, since the start. */
  readonly refused: number;
}

/**
 * Makes the HTTP server. Whatever a client does, it holds no more than its share: one answer under way, some requests ahead,
 * a pace of reading, a number of connections. A request that comes alone costs one look at a field.
 */
export function createFront(options: FrontOptions): Front {
  const { serve, onAnswered, certificate, http2 = true, limits, trust, clock, logger } = options;
  const context: ConnectionContext = { limits, serve, isTls: certificate !== undefined, waiting: 0, streams: 0 };
  const connections = createConnections(context);
  let refusals = 0;
  let isRetired = false;
  const refused = createBoundedLog({ logger, clock, level: 'warn', message: 'there is no room for a connection' });

  const server = createServer({
    IncomingMessage: FrontRequest,
    ServerResponse: FrontResponse,
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headersMs,
    // Connections look after it themselves: Node would cut a body that may last, too.
    requestTimeout: 0,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Checked with the rest of the head, so that the answer can name what is wrong.
    requireHostHeader: false,
  });
  // Node would drop headers beyond a number, without a trace.
  server.maxHeadersCount = 0;
  // Node's own know of the connections that Node reads only; its `close` calls the first.
  const closeNodesIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = closeIdle;
  server.closeAllConnections = closeAll;
  const closing = Promise.withResolvers<undefined>();
  let hasListened = false;
  server.once('listening', () => (hasListened = true));
  server.once('close', () => closing.resolve(undefined));
  const parse = takeParser(server);
  const door = certificate && createTlsDoor({ certificate, http2, handshakeMs: limits.handshakeMs, onSecure: carry });
  server.on('connection', (socket) => {
    const connection = connections.add(socket, clock());
    if (connection === undefined) {
      refusals += 1;
      refused.note(() => ({ remoteAddress: socket.remoteAddress }));
      // Of TLS, an answer would be the handshake that there is no room for.
      if (door !== undefined) socket.destroy();
      else answerRaw(socket, ...NO_ROOM);
      return;
    }
    socket.once('close', () => connections.remove(connection));
    if (door === undefined) carryRequests(connection, socket);
    else door.take(socket);
  });

  function carryRequests(connection: Connection, socket: Socket): void {
    noteConnection(socket, connection);
    const receivePlain = (req: IncomingMessage, res: ServerResponse): void => receive(req, res, false);
    connection.carry(
      new Http1Connection({ context, connection, socket, receive: receivePlain, parse: () => parse(socket) }),
    );
  }

  function carry(spoken: TLSSocket | Socket, socket: Socket): void {
    const connection = connectionOf(socket);
    if (connection === undefined) spoken.destroy();
    else if (!(spoken instanceof TLSSocket) || spoken.alpnProtocol !== 'h2') carryRequests(connection, spoken);
    else {
      connection.carry(new Http2Session({ context, connection, encrypted: spoken, receive: receiveStream }));
      if (isRetired) connection.traffic?.retire?.();
    }
  }

  function closeIdle(): void {
    closeNodesIdle();
    for (const { traffic, below } of connections) {
      if (traffic === undefined) below.destroy();
      else traffic.closeSoon?.();
    }
  }

  function closeAll(): void {
    for (const { below } of connections) below.destroy();
  }

  function answered(this: ServerResponse): void {
    if (isOurs(this)) onAnswered?.(this);
  }

  function receive(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    readTarget(req);
    if (trust !== undefined) noteForwarded(req, trust);
    if (isRetired) res.shouldKeepAlive = false;
    if (onAnswered !== undefined) res.on('close', answered);
    requestQueueOf(req.socket)?.receive(req, res, expectsContinue);
  }

  function refuseConnect(socket: Duplex): void {
    const error = 'The gateway is no proxy for connections.';
    answerRaw(socket, '405 Method Not Allowed', 'method-not-allowed', error);
  }

  /** Does what Node's server does before it gives a request out. */
  function receiveStream(req: StreamRequest, res: ServerResponse): void {
    const { expect } = req.headers;
    if (req.headBytes > MAX_HEADER_BYTES) answerRaw(req.socket, ...HEADERS_TOO_LARGE);
    else if (req.method === 'CONNECT') refuseConnect(req.socket);
    else if (expect === undefined || CONTINUE.test(expect)) receive(req, res, expect !== undefined);
    else res.writeHead(417).end();
  }
  server.on('request', (req, res) => receive(req, res, false));
  server.on('checkContinue', (req, res) => receive(req, res, true));
  server.on('connect', (_req, socket) => {
    // Node listens to it no more: a client that resets it would end the process.
    socket.on('error', () => socket.destroy());
    refuseConnect(socket);
  });
  server.on('clientError', (error, socket) => refuseMalformed(error, socket));

  const sweep = setInterval(() => {
    const now = clock();
    for (const connection of connections) connection.tick(now);
  }, limits.sweepMs).unref();

  return {
    server,
    get load() {
      let unsentBytes = 0;
      let connected = 0;
      for (const { traffic } of connections) {
        connected += 1;
        unsentBytes += traffic?.unsentBytes ?? 0;
      }
      return { connections: connected, waiting: context.waiting, unsentBytes, refused: refusals };
    },
    recognise({ socket }) {
      const connection = connectionOf(socket);
      if (connection !== undefined) connections.recognise(connection);
    },
    isRecognised: (req) => !isForwarded(req) && connectionOf(req.socket)?.isStranger === false,
    closed: async () => {
      if (hasListened) await closing.promise;
    },
    retire() {
      isRetired = true;
      for (const { traffic } of connections) traffic?.retire?.();
    },
    async drained(ms) {
      const bound = new AbortController();
      const unanswered = [...connections].flatMap(({ traffic }) => traffic?.unanswered() ?? []).map(closed);
      const late = delay(ms, undefined, { signal: bound.signal }).catch(() => undefined);
      await Promise.race([Promise.all(unanswered), late]);
      bound.abort();
    },
    closeIdle,
    closeAll,
    [Symbol.dispose]() {
      clearInterval(sweep);
      door?.[Symbol.dispose]();
      refused[Symbol.dispose]();
    },
  };
}

/** As Node reads it. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

const NO_ROOM: RawRefusal = [
  '503 Service Unavailable',
  'too-many-connections',
  'The gateway has no room for a connection.',
];

/**
 * Takes from the server what it does with a new connection: reading HTTP/1.1. So one server listens and looks after its connections, and
 * what is spoken on each, and who reads it, is ours to say.
 */
function takeParser(server: Server): (socket: Socket) => void {
  const [parse, ...others] = server.listeners('connection');
  if (parse === undefined || others.length > 0)
    throw new TypeError('Node’s HTTP server takes connections in another way');
  server.off('connection', parse as () => void);
  return (socket) => void Reflect.apply(parse, server, [socket]);
}

/** Resolves when an answer is over: an answer that waits behind another one hears nothing of the connection's end. */
function closed(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once('close', resolve);
    // Node takes the socket from a request whose reader has given up.
    const socket = res.req.socket as Socket | null;
    (socket ?? res.socket)?.once('close', resolve);
  });
}

/** Whatever the server answers is made by the class that it was given. */
function isOurs(res: ServerResponse): res is FrontResponse {
  return res instanceof FrontResponse;
}
