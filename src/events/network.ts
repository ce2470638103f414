import { isIP } from 'node:net';

/** Tells whether a text is an address, or a network as a prefix in CIDR notation (RFC 4632; RFC 4291, 2.3). */
export function isNetwork(text: string): boolean {
  const [, address = '', prefix = '0'] = /^([^/%]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(prefix) <= (version === 4 ? 32 : 128);
}
