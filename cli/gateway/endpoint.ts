import type { Settings } from '../../src/settings/settings.ts';
import { gatewayUrl } from './gatewayUrl.ts';

/** Writes the URL at which clients on this machine find all servers. */
export function endpointUrl(settings: Pick<Settings, 'host' | 'port'>): string {
  return `${gatewayUrl(settings)}/mcp`;
}
