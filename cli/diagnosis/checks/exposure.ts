import { isLoopback } from '../../../src/loopback.ts';
import type { Check, Finding } from '../check.ts';

/** Keys and figures do not cross a network in the clear. */
export const exposure: Check = ({ configuration: { settings } }) => {
  const { host, tls, trustedProxies, metrics } = settings;
  const findings: Finding[] = [];
  if (!isLoopback(host.toLowerCase()) && tls.certFile === undefined && trustedProxies.length === 0)
    findings.push({
      state: 'warning',
      detail: `The gateway listens at ${host} without TLS: keys and answers cross the network in the clear.`,
      remedy:
        'Set TLS_CERT_FILE and TLS_KEY_FILE; or SERVER_HOST=127.0.0.1, with a proxy that has TLS in front and TRUSTED_PROXIES',
    });
  if (metrics.port !== undefined && !isLoopback(metrics.host.toLowerCase()))
    findings.push({
      state: 'warning',
      detail: `Metrics are read at ${metrics.host} by whoever reaches it: they have the names of servers.`,
      remedy: 'Set METRICS_HOST=127.0.0.1, or let a firewall leave in Prometheus alone',
    });
  return findings.length > 0 ? findings : [{ state: 'ok', detail: 'Nothing is open to a network in the clear' }];
};
