import type { Settings } from '../../src/settings/settings.ts';

/** Every address of the machine: clients on it use the loopback one. */
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** Writes where clients on this machine reach the gateway, without a path. */
export function gatewayUrl({ host, port }: Pick<Settings, 'host' | 'port'>): string {
  const name = WILDCARDS[host] ?? (host.includes(':') ? `[${host}]` : host);
  return `http://${name}:${port === 0 ? '<port>' : String(port)}`;
}
