import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  Agent,
  request as requestHttp,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { Unavailable, type AppError } from '../errors/appError.ts';
import { sessionNotFound } from '../mcp/lostSession.ts';

/** The header by which replicas know requests that one of them has passed on: such a request goes no further. */
const MARK = 'metamcp-forwarded';

/** A replica that is not reached within it, in milliseconds, is gone. */
const CONNECT_MS = 3_000;

/** Requests that wait for replicas, at once. */
const MAX_CONNECTIONS = 1_024;

/** Headers of one connection, which are not passed on (RFC 9110, 7.6.1), and those that are made anew. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  MARK,
]);

/** What is passed on: as it came, with the client's own credential, which the other replica judges anew. */
export interface Forwarded {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: Buffer | undefined;
  /** Called instead of an answer. */
  readonly fail: (error: AppError) => void;
}

/**
 * The replicas of this installation, as far as sessions that live on one of them need them. The address stands in the sealed
 * session id, so no request can name one.
 */
export interface Peers {
  /** Writes a session's id so that other replicas find it. */
  address(id: string): string;
  /** Reads what `address` wrote. `home`: the other replica where it lives, as far as it may be asked. */
  locate(addressed: string, req: IncomingMessage): { readonly id: string; readonly home: string | undefined };
  forward(home: string, forwarded: Forwarded): void;
}

export interface PeersOptions {
  /** Where other replicas reach this one. Undefined: they don't. */
  readonly url: string | undefined;
  /** 32 bytes, the same on every replica. */
  readonly sessionKey: Buffer;
}

/** Makes the peers of a gateway. docs/adr/0024. */
export function createPeers({ url: own, sessionKey }: PeersOptions): Peers {
  const mark = createHmac('sha256', sessionKey).update('metamcp forwarded request').digest();
  // A connection for each request: on one that is kept, a request may be lost without anybody knowing whether it was read.
  const agent = new Agent({ keepAlive: false, maxSockets: MAX_CONNECTIONS });

  const isForwarded = (req: IncomingMessage): boolean => {
    const shown = req.headers[MARK];
    const bytes = Buffer.from(typeof shown === 'string' ? shown : '', 'base64url');
    return bytes.length === mark.length && timingSafeEqual(bytes, mark);
  };

  return {
    address: (id) => (own === undefined ? id : `${id} ${own}`),
    locate(addressed, req) {
      const space = addressed.indexOf(' ');
      if (space === -1) return { id: addressed, home: undefined };
      const home = addressed.slice(space + 1);
      const isElsewhere = own !== undefined && home !== own && !isForwarded(req);
      return { id: addressed.slice(0, space), home: isElsewhere ? home : undefined };
    },
    forward(home, { req, res, body, fail }) {
      const target = new URL(req.url ?? '/', home);
      const send = target.protocol === 'https:' ? requestHttps : requestHttp;
      const headers: OutgoingHttpHeaders = { ...withoutOwn(req.headers), [MARK]: mark.toString('base64url') };
      if (body !== undefined) headers['content-length'] = body.length;
      const sent = send(target, { method: req.method, headers, ...(send === requestHttp && { agent }) });
      let isConnected = false;
      const patience = setTimeout(() => sent.destroy(new Error('it does not answer')), CONNECT_MS);
      sent.once('socket', (socket) => {
        const connected = () => {
          isConnected = true;
          clearTimeout(patience);
        };
        if (socket.connecting) socket.once('connect', connected);
        else connected();
      });
      sent.once('error', () => {
        clearTimeout(patience);
        if (res.headersSent || res.destroyed) res.destroy();
        else fail(isConnected ? lostOnTheWay() : sessionNotFound());
      });
      sent.once('response', (answer) => {
        res.writeHead(answer.statusCode ?? 502, withoutOwn(answer.headers));
        res.flushHeaders();
        // Either end that leaves ends the other one.
        pipeline(answer, res, () => sent.destroy());
      });
      res.once('close', () => sent.destroy());
      sent.end(body);
    },
  };
}

function withoutOwn(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name) && !named.has(name)));
}

function lostOnTheWay(): Unavailable {
  const message = 'The gateway that holds this session ended while it had the request: it may have been carried out.';
  return new Unavailable('replica-lost', message, { data: { processed: 'unknown' } });
}
