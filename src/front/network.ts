import { isIPv6 } from 'node:net';

const IPV4_MAPPED = '::ffff:';

/**
 * Names what counts as one remote address: an IPv4 address, or the 64 leading bits of an IPv6 address, which is what one
 * customer gets (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  if (address.toLowerCase().startsWith(IPV4_MAPPED) && address.includes('.')) return address.slice(IPV4_MAPPED.length);
  const [leading = '', trailing] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const groups = leading === '' ? [] : leading.split(':');
  if (trailing !== undefined) {
    const rest = trailing === '' ? [] : trailing.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
