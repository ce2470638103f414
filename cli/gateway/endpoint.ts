import { compileGrants } from '../../src/access/grants.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { ClientEndpoint } from '../clients/clientConfiguration.ts';
import { serverPages } from '../stores/pages.ts';
import { gatewayUrl } from './gatewayUrl.ts';

/** Chooses the endpoint of the first enabled server that the grants cover. @throws Unavailable */
export async function endpointFor(
  db: Queryable,
  settings: Pick<Settings, 'host' | 'port'>,
  grants: readonly string[],
): Promise<ClientEndpoint> {
  const granted = compileGrants(grants);
  for await (const page of serverPages(db)) {
    const usable = page.find(({ name, status }) => status === 'enabled' && granted.forServer(name) !== undefined);
    if (usable !== undefined) return { url: `${gatewayUrl(settings)}/mcp/${usable.name}`, server: usable.name };
  }
  return { url: `${gatewayUrl(settings)}/mcp/<server>`, server: undefined };
}
