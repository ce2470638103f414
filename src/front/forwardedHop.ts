import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** What one proxy tells of the request that came to it. */
export interface ForwardedHop {
  /** Who sent it, as it is written. */
  readonly node: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** A bracketed IPv6 address with an interface and a port is shorter. */
const MAX_NODE_LENGTH = 80;

const IPV4_MAPPED = '::ffff:';

/**
 * Reads the address of a node (RFC 7239, 6), which may have a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
 * @returns the address in its one canonical form (RFC 5952), without an interface; an IPv4 address also where it is written as IPv6.
 *   Undefined: it is no address, as `unknown` and `_hidden`
 */
export function addressOfNode(node: string): string | undefined {
  if (node.length > MAX_NODE_LENGTH) return undefined;
  const { bracketed, dotted } = NODE.exec(node)?.groups ?? {};
  const address = bracketed ?? dotted ?? node;
  if (isIPv4(address)) return bracketed === undefined ? address : undefined;
  if (!isIPv6(address)) return undefined;
  const [plain = ''] = address.split('%', 1);
  const canonical = new SocketAddress({ address: plain, family: 'ipv6' }).address;
  return canonical.startsWith(IPV4_MAPPED) && canonical.includes('.') ? canonical.slice(IPV4_MAPPED.length) : canonical;
}

const NODE = /^(?:\[(?<bracketed>[^\]]*)\]|(?<dotted>[\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;

/** Reads the hops of `X-Forwarded-For`, the last one first: each proxy appends who sent the request to it. */
export function* xForwardedHops(header: string): Generator<ForwardedHop> {
  for (const node of elementsFromTheEnd(header)) yield { node, proto: undefined, host: undefined };
}

/** Reads the hops of `Forwarded` (RFC 7239, 4), the last one first. An element that is not well-formed tells nothing. */
export function* forwardedHops(header: string): Generator<ForwardedHop> {
  for (const element of elementsFromTheEnd(header)) {
    const pairs = pairsOf(element);
    yield { node: pairs?.get('for'), proto: pairs?.get('proto'), host: pairs?.get('host') };
  }
}

/**
 * Takes a list apart from its end, at the commas that stand in no quoted string. What a client has put before what a proxy appended,
 * such as a quotation mark without its other one, changes nothing of that. Empty elements mean nothing (RFC 9110, 5.6.1).
 */
function* elementsFromTheEnd(list: string): Generator<string> {
  let end = list.length;
  for (let at = end - 1; at >= -1; at--) {
    // Where it begins nowhere, all that is left is one element, which is not well-formed.
    if (list[at] === '"') at = Math.max(0, beginOfQuoted(list, at));
    if (at >= 0 && list[at] !== ',') continue;
    const element = list.slice(at + 1, end).trim();
    end = at;
    if (element !== '') yield element;
  }
}

/** Finds the equals sign before a quoted string, of which the end is known: inside of one, a quotation mark follows a backslash. */
function beginOfQuoted(list: string, end: number): number {
  return list.lastIndexOf('="', end - 2);
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const PAIR = new RegExp(`^\\s*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")\\s*$`);

/** @returns undefined where it is not well-formed, or names one thing twice */
function pairsOf(element: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  // No semicolon has a meaning inside the values that are looked at.
  for (const text of element.split(';')) {
    if (text.trim() === '') continue;
    const [, name = '', token, quoted = ''] = PAIR.exec(text) ?? [];
    const key = name.toLowerCase();
    if (key === '' || pairs.has(key)) return undefined;
    pairs.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
  }
  return pairs;
}
