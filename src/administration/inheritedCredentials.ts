import type { ApiKeyCommand, Credential } from '../commands/apiKey.ts';
import { Refused } from '../errors/appError.ts';
import { apiKeyStream } from '../events/streamName.ts';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { Sealed } from '../events/sealed.ts';
import type { Queryable } from '../postgres/database.ts';
import { findServer } from '../projections/tables/mcpServers.ts';
import { openIfReadable } from '../vault/keyCredentials.ts';
import { shortId } from '../shortId.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import { sealCredential } from './credentials.ts';
import type { AdministrationVault } from './keyIssuer.ts';

/** A credential that a key hands on to its successor. */
export interface Inherited {
  readonly credential: Credential;
  readonly secrets: ServerSecrets;
}

interface Owner {
  readonly id: string;
  readonly credentials: readonly Credential[];
}

/**
 * Opens what a key hands on: its credentials but for those of servers that are gone, which nobody can use any more.
 * @throws Refused `credential-unreadable`: without it, the successor would reach the server in the name of others
 */
export async function inheritanceOf(
  { db, vault }: { readonly db: Queryable; readonly vault: Pick<AdministrationVault, 'open'> },
  { id, credentials }: Owner,
): Promise<readonly Inherited[]> {
  const inherited: Inherited[] = [];
  const unreadable: string[] = [];
  for (const credential of credentials) {
    const row = await findServer(db, credential.server);
    if (row?.createdAt.toISOString() !== credential.registeredAt) continue;
    const secrets = await openIfReadable(vault, apiKeyStream(id), credential);
    if (secrets === undefined) unreadable.push(credential.server);
    else inherited.push({ credential, secrets });
  }
  if (unreadable.length > 0) throw unreadableCredentials(id, unreadable);
  return inherited;
}

/**
 * Makes the commands by which a successor gets what it inherits, and nothing else, sealed under its own data encryption key: the
 * old key's is destroyed with the old key. What it has already stays, so that doing it again changes nothing.
 */
export async function inheritingCommands(
  vault: Pick<AdministrationVault, 'open' | 'seal'>,
  inheritance: readonly Inherited[],
  successor: Owner & { readonly sealed: Sealed },
): Promise<readonly ApiKeyCommand[]> {
  const { id, credentials, sealed } = successor;
  const isInherited = new Set(inheritance.map(({ credential }) => credential.server));
  const commands: ApiKeyCommand[] = credentials
    .filter(({ server }) => !isInherited.has(server))
    .map(({ server }) => ({ type: 'RemoveCredential', server }));
  for (const { credential, secrets } of inheritance) {
    const { server, registeredAt, address } = credential;
    const known = credentials.find((one) => one.server === server);
    const isSame =
      known?.registeredAt === registeredAt &&
      known.address === address &&
      canonicalJson((await openIfReadable(vault, apiKeyStream(id), known)) ?? {}) === canonicalJson(secrets);
    if (isSame) continue;
    const target = { server, registeredAt, address };
    commands.push({ type: 'SetCredential', ...(await sealCredential(vault, id, sealed.dek, target, secrets)) });
  }
  return commands;
}

function unreadableCredentials(id: string, servers: readonly string[]): Refused {
  const key = shortId(id);
  const remedies = servers.map((server) => `metamcp-cli servers credential ${server} --key ${key} --unset-all`);
  const message =
    `What the key has of its own for ${servers.join(', ')} can’t be read, so no successor could have it. ` +
    `Give it anew (--header, --env), or take it out: ${remedies.join('; ')}`;
  return new Refused('credential-unreadable', message, { data: { servers } });
}
