import { BlockList, isIPv6 } from 'node:net';

/** Networks that a key may be used from. */
export interface Networks {
  has(address: string): boolean;
}

/** Compiles networks (src/events/network.ts); undefined for none, which is any. */
export function compileNetworks(texts: readonly string[]): Networks | undefined {
  if (texts.length === 0) return undefined;
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return {
    has(address) {
      const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').split('%', 1)[0] ?? '';
      return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    },
  };
}
