import { z } from 'zod';
import { Invalid, NotFound } from '../errors/appError.ts';
import type { JsonObject } from '../events/eventStore.ts';
import type { Sealed } from '../events/sealed.ts';
import { serverSecretsSchema, type ServerSecrets } from './serverSecrets.ts';
import type { Vault } from './vault.ts';

/** What a key's credential is for: a server, as it was registered, at its address. */
export interface CredentialTarget {
  readonly server: string;
  /** RFC 3339 UTC. */
  readonly registeredAt: string;
  /** Its digest (addressDigest). */
  readonly address: string;
}

const sealedCredentialSchema = serverSecretsSchema.extend({
  server: z.string(),
  registeredAt: z.string(),
  address: z.string(),
});

/** Makes what is sealed of a credential. It says what it is for, so that no other server gets it, whatever a table says. */
export function boundCredential(
  { server, registeredAt, address }: CredentialTarget,
  secrets: ServerSecrets,
): JsonObject {
  return { server, registeredAt, address, headers: secrets.headers, env: secrets.env };
}

/** Opens a credential of a key. @throws NotFound `shredded`; Invalid `sealed-damaged`, also when it is for another server */
export async function openCredential(
  vault: Pick<Vault, 'open'>,
  stream: string,
  credential: CredentialTarget & { readonly sealed: Sealed },
): Promise<ServerSecrets> {
  const parsed = sealedCredentialSchema.safeParse(await vault.open(credential.sealed, stream));
  const isItsOwn =
    parsed.success &&
    parsed.data.server === credential.server &&
    parsed.data.registeredAt === credential.registeredAt &&
    parsed.data.address === credential.address;
  if (!isItsOwn) {
    throw new Invalid('sealed-damaged', 'A sealed secret was damaged or tampered with.', { data: { stream } });
  }
  return { headers: parsed.data.headers, env: parsed.data.env };
}

/** Tells of an error of `openCredential` whether the credential itself can't be read, now or later. */
export function isUnreadableCredential(error: unknown): boolean {
  return error instanceof Invalid || error instanceof NotFound;
}

/** Opens a credential; undefined where it can't be read. @throws Unavailable */
export async function openIfReadable(
  ...credential: Parameters<typeof openCredential>
): Promise<ServerSecrets | undefined> {
  try {
    return await openCredential(...credential);
  } catch (error) {
    if (isUnreadableCredential(error)) return undefined;
    throw error;
  }
}
