import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Invalid } from '../errors/appError.ts';
import { addressOfNode, forwardedHops, xForwardedHops, type ForwardedHop } from './forwardedHop.ts';

/** Who is believed about the clients of requests that it passes on. */
export interface Trust {
  /** Addresses of proxies. Undefined: there are none. */
  readonly proxies: { has(address: string): boolean } | undefined;
  /** Tells whether a request proves that another gateway of this installation has passed it on. */
  readonly isFromGateway: (req: IncomingMessage) => boolean;
}

/** What a trusted proxy tells of who asks. */
interface ForwardedClient {
  readonly address: string;
  readonly scheme: 'http' | 'https' | undefined;
  readonly host: string | undefined;
  /** Two headers name two clients. */
  readonly isAmbiguous: boolean;
}

/** Proxies that a request may have come through. */
const MAX_HOPS = 32;

const CLIENT = Symbol('client');

/**
 * Notes who sent a request, where it came from a trusted proxy. Going back from the proxy, the client is the first address that is
 * not a trusted proxy's itself: what stands before it in the header, that client may have invented. Where they all are, it is the
 * farthest. Where the way to it has something that is no address, or is too long, the proxy's own address counts.
 */
export function noteForwarded(req: IncomingMessage, { proxies, isFromGateway }: Trust): void {
  const { headers, socket } = req;
  if (proxies?.has(peerOf(socket)) !== true && !isFromGateway(req)) return;
  const xFor = joined(headers['x-forwarded-for']);
  const { forwarded } = headers;
  const byX = xFor === undefined ? undefined : clientHop(xForwardedHops(xFor), proxies);
  const byForwarded = forwarded === undefined ? undefined : clientHop(forwardedHops(forwarded), proxies);
  const hop = xFor === undefined ? byForwarded : byX;
  const scheme = (lastOf(joined(headers['x-forwarded-proto'])) ?? byForwarded?.proto)?.toLowerCase();
  (req as Tagged)[CLIENT] = {
    address: hop?.address ?? peerOf(socket),
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: lastOf(joined(headers['x-forwarded-host'])) ?? byForwarded?.host,
    isAmbiguous: xFor !== undefined && forwarded !== undefined && byX?.address !== byForwarded?.address,
  };
}

interface KnownHop extends ForwardedHop {
  readonly address: string;
}

function clientHop(hops: Iterable<ForwardedHop>, proxies: Trust['proxies']): KnownHop | undefined {
  let farthest: KnownHop | undefined;
  let count = 0;
  for (const hop of hops) {
    const address = addressOfNode(hop.node ?? '');
    if (address === undefined || ++count > MAX_HOPS) return undefined;
    farthest = { ...hop, address };
    if (proxies?.has(address) !== true) break;
  }
  return farthest;
}

/** The address that a request comes from: of its connection, or as a trusted proxy has told it. */
export function addressOf(req: Asked): string {
  return (req as Tagged)[CLIENT]?.address ?? peerOf(req.socket ?? req.cameBy);
}

/** Tells whether a request came from a trusted proxy: its connection is not one client's. */
export function isForwarded(req: IncomingMessage): boolean {
  return CLIENT in req;
}

/** The names under which a request was sent: of its `Host`, and of the one that a trusted proxy was asked for. */
export function hostsOf(req: Asked & Pick<IncomingMessage, 'headers'>): readonly string[] {
  const host = (req as Tagged)[CLIENT]?.host;
  return host === undefined ? [req.headers.host ?? ''] : [req.headers.host ?? '', host];
}

/** Where the client of a request has found the gateway: `https://mcp.example.com` */
export function originOf(req: IncomingMessage): string {
  const client = (req as Tagged)[CLIENT];
  const scheme = client?.scheme ?? ((req.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http');
  return `${scheme}://${client?.host ?? req.headers.host ?? 'localhost'}`;
}

/** @throws Invalid `forwarded-ambiguous` where a trusted proxy names two clients: one of them may be what the client has sent */
export function checkForwarded(req: IncomingMessage): void {
  if ((req as Tagged)[CLIENT]?.isAmbiguous !== true) return;
  throw new Invalid(
    'forwarded-ambiguous',
    'X-Forwarded-For and Forwarded name different clients. Have the proxy in front remove the one that it does not write.',
  );
}

interface Peer {
  readonly remoteAddress?: string | undefined;
}

interface Asked {
  /** Null: it was destroyed, as one whose body is too large. */
  readonly socket: Peer | null;
  /** See FrontRequest. */
  readonly cameBy?: Peer;
}
type Tagged = { [CLIENT]?: ForwardedClient };

function peerOf(peer: Peer | undefined): string {
  return peer?.remoteAddress ?? '';
}

/** Of a list of several proxies, what the nearest one has written. */
function lastOf(list: string | undefined): string | undefined {
  const last = list?.slice(list.lastIndexOf(',') + 1).trim();
  return last === '' ? undefined : last;
}

/** Node joins headers that come more than once, and types those it does not know as if it might not. */
function joined(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
