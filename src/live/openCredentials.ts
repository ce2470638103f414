import { apiKeyStream } from '../events/streamName.ts';
import type { Logger } from '../logging/logger.ts';
import type { ApiKeyRow, CredentialRow } from '../projections/tables/apiKeys.ts';
import { isUnreadableCredential, openCredential } from '../vault/keyCredentials.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import type { Vault } from '../vault/vault.ts';
import { credentialId, type LiveCredential, type LiveCredentials } from './keyServer.ts';

/** Opens what a key has of its own for servers; undefined for a key that has nothing, which costs nothing. @throws Unavailable */
export async function openCredentials(
  vault: Pick<Vault, 'open'>,
  { id, credentials }: Pick<ApiKeyRow, 'id' | 'credentials'>,
  logger: Logger,
): Promise<LiveCredentials> {
  if (credentials.length === 0) return undefined;
  const opened = new Map<string, LiveCredential>();
  for (const credential of credentials) {
    const { server, registeredAt, address, sealed } = credential;
    const secrets = await secretsOf(vault, id, credential, logger);
    opened.set(server, {
      server,
      registeredAt,
      address,
      id: credentialId(id, sealed.box),
      secrets,
      merged: new WeakMap(),
    });
  }
  return opened;
}

/** @returns undefined when it can't be opened: this server's trouble only, for the key can use others */
async function secretsOf(
  vault: Pick<Vault, 'open'>,
  id: string,
  credential: CredentialRow,
  logger: Logger,
): Promise<ServerSecrets | undefined> {
  try {
    return await openCredential(vault, apiKeyStream(id), credential);
  } catch (error) {
    if (!isUnreadableCredential(error)) throw error;
    const { server } = credential;
    logger.error(
      { err: error, keyId: id, server },
      'what a key has of its own for a server can’t be read; it can’t use it',
    );
    return undefined;
  }
}
