import {
  Agent,
  request as requestHttp,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { Limited, Unavailable, type AppError } from '../errors/appError.ts';
import { addressOf } from '../front/client.ts';
import { requestIdOf } from '../front/frontResponse.ts';
import { MARK } from './forwardingMark.ts';
import type { PeerAddress, PeerHealth } from './peerHealth.ts';

/** A replica that is not reached within it, in milliseconds, is gone. */
const CONNECT_MS = 3_000;

/** Requests at replicas, at once. Each has two connections. */
const MAX_FORWARDED = 4_096;

/** Headers of one connection, which are not passed on (RFC 9110, 7.6.1), and those that are made anew. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  MARK,
]);

/** What is passed on: as it came, with the client's own credential, which the other replica judges anew. */
export interface Forwarded {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: Buffer | undefined;
  /** Called instead of an answer. */
  readonly fail: (error: AppError) => void;
  /** Called when the replica is gone, and has got nothing of the request. */
  readonly gone: () => void;
}

/** Passes requests on to a replica. */
export type ForwardToPeer = (home: PeerAddress, forwarded: Forwarded) => void;

export interface ForwardingOptions {
  /** What proves to replicas that a request comes from one of them. */
  readonly mark: string;
  readonly health: PeerHealth;
  /** See ProxyLimits: a call may take longer than that. */
  readonly silentMs: number;
}

/** Makes what passes requests on. */
export function createForwardToPeer({ mark, health, silentMs }: ForwardingOptions): ForwardToPeer {
  // A connection for each request: on one that is kept, a request may be lost without anybody knowing whether it was read.
  const agents = { 'http:': new Agent({ keepAlive: false }), 'https:': new SecureAgent({ keepAlive: false }) };
  let underWay = 0;

  return (home, { req, res, body, fail, gone }) => {
    if (underWay >= MAX_FORWARDED) {
      fail(new Limited('too-many-forwarded', 'Too many requests wait for another gateway: try again later.'));
      return;
    }
    underWay++;
    const target = new URL(req.url ?? '/', home.url);
    const isSecure = target.protocol === 'https:';
    // The mark has the other replica believe the address, so that its limits and the key's networks are for the client.
    const headers: OutgoingHttpHeaders = { ...withoutOwn(req.headers), [MARK]: mark };
    headers['x-forwarded-for'] = addressOf(req);
    // Both gateways' logs name the request alike.
    headers['x-request-id'] = requestIdOf(res);
    if (body !== undefined) headers['content-length'] = body.length;
    const agent = agents[isSecure ? 'https:' : 'http:'];
    const sent = (isSecure ? requestHttps : requestHttp)(target, {
      method: req.method,
      headers,
      agent,
      socketPath: home.socketPath,
    });
    const onLeave = (): void => void sent.destroy();
    let isConnected = false;
    const patience = setTimeout(() => sent.destroy(new Error('it can’t be reached')), CONNECT_MS);
    sent.once('socket', (socket) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        isConnected = true;
        clearTimeout(patience);
        health.note(home, false);
        sent.setTimeout(silentMs);
      });
    });
    sent.on('timeout', () => {
      void health.isAlive(home).then((isAlive) => {
        if (isAlive) sent.setTimeout(silentMs);
        else sent.destroy(new Error('it does not answer'));
      });
    });
    sent.once('close', () => {
      underWay--;
      clearTimeout(patience);
      res.off('close', onLeave);
    });
    sent.once('error', () => {
      if (res.headersSent || res.destroyed) {
        res.destroy();
        return;
      }
      if (isConnected) {
        fail(lostOnTheWay());
        return;
      }
      health.note(home, true);
      gone();
    });
    sent.once('response', (answer) => {
      if (res.destroyed) return;
      res.writeHead(answer.statusCode ?? 502, withoutOwn(answer.headers));
      res.flushHeaders();
      // Either end that leaves ends the other one.
      pipeline(answer, res, () => sent.destroy());
    });
    res.once('close', onLeave);
    sent.end(body);
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
