/**
 * Whether a host's name or address leads to this machine alone (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3; RFC 6761, 6.3).
 * @param host in lower case; an IPv6 address with its brackets or without
 */
export function isLoopback(host: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost|.+\.localhost)$/.test(host);
}
