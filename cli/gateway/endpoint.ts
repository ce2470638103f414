import type { Settings } from '../../src/settings/settings.ts';
import { isPubliclyTrusted, shownCertificates, shownNames } from '../../src/tls/shownCertificate.ts';
import { gatewayUrl } from './gatewayUrl.ts';

type Reached = Pick<Settings, 'host' | 'port' | 'tls' | 'allowedHosts'>;

/** Writes the URL at which clients on this machine find all servers. */
export function endpointUrl(settings: Reached): string {
  return `${clientUrl(settings)}/mcp`;
}

/**
 * Writes where clients on this machine reach the gateway, without a path: with TLS, by a name of its certificate, one that the gateway
 * is called by if there is one.
 */
export function clientUrl(settings: Reached): string {
  const url = gatewayUrl(settings);
  const names = shownNames(settings.tls.certFile);
  const { hostname } = new URL(url.replace('<port>', '1'));
  if (names.length === 0 || names.includes(hostname.replace(/^\[|\]$/g, ''))) return url;
  const name = names.find((each) => settings.allowedHosts.includes(each)) ?? names.find((each) => !each.includes('*'));
  return name === undefined ? url : gatewayUrl({ ...settings, host: name });
}

/** What clients need to trust the gateway's certificate; undefined: nothing that they have not. */
export function trustHint({ tls: { certFile } }: Pick<Settings, 'tls'>): string | undefined {
  const chain = shownCertificates(certFile);
  if (chain.length === 0 || isPubliclyTrusted(chain)) return undefined;
  return 'No public authority has issued the gateway’s certificate: for clients on Node.js, set NODE_EXTRA_CA_CERTS to the file of the one that has.';
}
