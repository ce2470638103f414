import { apiKeyStream } from '../events/streamName.ts';
import { addressDigest } from '../events/serverAddress.ts';
import type { Queryable } from '../postgres/database.ts';
import {
  listCredentialsOf,
  type ApiKeyRow,
  type CredentialOfServer,
  type CredentialRow,
} from '../projections/tables/apiKeys.ts';
import { findServer, type McpServerRow } from '../projections/tables/mcpServers.ts';
import { openIfReadable } from '../vault/keyCredentials.ts';
import type { AdministrationVault } from './keyIssuer.ts';

/**
 * Why a server gets nothing of what a key has for it. `gone`: that server is deleted, another may have its name. `outdated`: it has
 * moved since.
 */
export type CredentialFault = 'gone' | 'outdated' | 'unreadable';

/** The faults of a key's credentials, by server. */
export type CredentialFaults = ReadonlyMap<string, CredentialFault>;

interface Stores {
  readonly db: Queryable;
  readonly vault: Pick<AdministrationVault, 'open'>;
}

/** What a key has of its own for a server, and what is wrong with it. */
export interface CheckedCredential extends CredentialOfServer {
  readonly fault: CredentialFault | undefined;
}

type Address = Pick<McpServerRow, 'createdAt' | 'transport' | 'url' | 'command' | 'args' | 'cwd'>;

/** Finds what is wrong with the credentials of a key. @throws Unavailable */
export async function credentialFaults(
  { db, vault }: Stores,
  { id, credentials }: Pick<ApiKeyRow, 'id' | 'credentials'>,
): Promise<CredentialFaults> {
  const faults = new Map<string, CredentialFault>();
  for (const credential of credentials) {
    const fault = await faultOf(vault, id, credential, await findServer(db, credential.server));
    if (fault !== undefined) faults.set(credential.server, fault);
  }
  return faults;
}

/** Lists what keys have of their own for a server, the oldest key first, with what is wrong with it. @throws Unavailable */
export async function credentialsFor(
  { db, vault }: Stores,
  server: Address & Pick<McpServerRow, 'name'>,
): Promise<CheckedCredential[]> {
  const found = await listCredentialsOf(db, { ...server, address: addressDigest(server) });
  return Promise.all(
    found.map(async (each) => ({ ...each, fault: await faultOf(vault, each.keyId, each.credential, server) })),
  );
}

async function faultOf(
  vault: Stores['vault'],
  keyId: string,
  credential: CredentialRow,
  server: Address | undefined,
): Promise<CredentialFault | undefined> {
  if (server?.createdAt.toISOString() !== credential.registeredAt) return 'gone';
  if (addressDigest(server) !== credential.address) return 'outdated';
  return (await openIfReadable(vault, apiKeyStream(keyId), credential)) === undefined ? 'unreadable' : undefined;
}
