import { apiKey, existingKey, type ApiKeyCommand, type ApiKeyState, type Credential } from '../commands/apiKey.ts';
import type { CommandHandler } from '../commands/handle.ts';
import { apiKeyEvents, apiKeyStream } from '../events/apiKey.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { CommandContext } from '../events/metadata.ts';
import { openCredential } from '../vault/keyCredentials.ts';
import { sealCredential } from './credentials.ts';
import type { AdministrationVault } from './keyIssuer.ts';

export interface InheritedCredentialsOptions {
  readonly commands: CommandHandler;
  readonly vault: Pick<AdministrationVault, 'open' | 'seal'>;
}

/**
 * Gives a successor the credentials of the key that it succeeds, sealed under its own data encryption key: the old key's is
 * destroyed with the old key. Doing it again changes nothing.
 */
export async function inheritCredentials(
  { commands, vault }: InheritedCredentialsOptions,
  from: { readonly id: string; readonly credentials: readonly Credential[] },
  successorId: string,
  context: CommandContext,
): Promise<void> {
  for (const credential of from.credentials) {
    const secrets = await openCredential(vault, apiKeyStream(from.id), credential);
    const command = async (state: ApiKeyState): Promise<ApiKeyCommand> => {
      const { sealed, credentials } = existingKey(state);
      const known = credentials.find(({ server }) => server === credential.server);
      const isSame =
        known?.registeredAt === credential.registeredAt &&
        known.address === credential.address &&
        canonicalJson(await openCredential(vault, apiKeyStream(successorId), known)) === canonicalJson(secrets);
      if (known !== undefined && isSame) return { type: 'SetCredential', ...known };
      const { server, registeredAt, address } = credential;
      const target = { server, registeredAt, address };
      return { type: 'SetCredential', ...(await sealCredential(vault, successorId, sealed.dek, target, secrets)) };
    };
    await commands.handle(apiKey, apiKeyEvents, successorId, ({ state }) => command(state), context);
  }
}
