import type { Settings } from '../../src/settings/settings.ts';

/** Every address of the machine: clients on it use the loopback one. */
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** Writes where clients on this machine reach the gateway, without a path. */
export function gatewayUrl({ host, port, tls }: Pick<Settings, 'host' | 'port' | 'tls'>): string {
  const name = WILDCARDS[host] ?? (host.includes(':') ? `[${host}]` : host);
  return `${tls.certFile === undefined ? 'http' : 'https'}://${name}:${port === 0 ? '<port>' : String(port)}`;
}
