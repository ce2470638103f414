import { serverSecretsSchema, type ServerSecrets } from '../../src/vault/serverSecrets.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';

/** Opens what a server gets in secret. @throws NotFound `shredded`; Invalid `sealed-damaged`; Unavailable */
export async function openServerSecrets(
  vault: Vault,
  { name, sealed }: Pick<McpServerRow, 'name' | 'sealed'>,
): Promise<ServerSecrets> {
  if (sealed === null) return { headers: {}, env: {} };
  return serverSecretsSchema.parse(await vault.open(sealed, mcpServerStream(name)));
}
