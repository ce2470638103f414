import { hash } from 'node:crypto';
import { Unavailable } from '../errors/appError.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import type { LiveServer } from './liveServer.ts';

/** What a key has of its own for one server, opened. */
export interface LiveCredential {
  readonly server: string;
  /** Of the server. */
  readonly registeredAt: string;
  /** Of the server (addressDigest). */
  readonly address: string;
  /** The same for the same values of the same key, and for no others. */
  readonly id: string;
  /** Undefined: they can't be read. */
  readonly secrets: ServerSecrets | undefined;
  /** The server with it, by the server without it. */
  readonly merged: WeakMap<LiveServer, LiveServer>;
}

/** What a key has of its own, by the server's name. Undefined for the many that have nothing. */
export type LiveCredentials = ReadonlyMap<string, LiveCredential> | undefined;

/** Makes the id of a credential of its key and what seals it: a nonce makes each box another one. */
export function credentialId(keyId: string, box: string): string {
  return `${keyId}.${hash('sha256', box, 'base64url').slice(0, 22)}`;
}

/** Tells which key a credential is of. */
export function keyOfCredential(credential: string): string {
  return credential.slice(0, credential.indexOf('.'));
}

/** Finds the credential of a key for a server; one for another server that had the name before counts for nothing. */
export function credentialFor(credentials: LiveCredentials, server: LiveServer): LiveCredential | undefined {
  const credential = credentials?.get(server.name);
  return credential?.registeredAt === server.registeredAt ? credential : undefined;
}

/**
 * Gives a server as a key reaches it: with the key's own headers and variables over the server's.
 * @throws Unavailable `credential-outdated` when the server has moved since: what was given for one address is not sent to another,
 * nor is the server reached in the name of others; `secret-unreadable`
 */
export function serverForKey(credentials: LiveCredentials, server: LiveServer): LiveServer {
  const credential = credentials === undefined ? undefined : credentialFor(credentials, server);
  if (credential === undefined) return server;
  const known = credential.merged.get(server);
  if (known !== undefined) return known;
  const refusal = credentialRefusal(credential, server);
  if (refusal !== undefined || credential.secrets === undefined) throw refusal ?? unreadable(server);
  const { headers, env } = credential.secrets;
  const folded = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const merged = Object.freeze({
    ...server,
    headers: Object.freeze({ ...server.headers, ...folded }),
    program:
      server.program && Object.freeze({ ...server.program, env: Object.freeze({ ...server.program.env, ...env }) }),
    credential: credential.id,
  });
  credential.merged.set(server, merged);
  return merged;
}

/** Explains why a server can't be reached with a credential; undefined: it can. */
function credentialRefusal({ address, secrets }: LiveCredential, server: LiveServer): Unavailable | undefined {
  if (secrets === undefined) return unreadable(server);
  if (address === server.address) return undefined;
  return new Unavailable(
    'credential-outdated',
    `The server "${server.name}" has moved since this key was given its own credential for it. An administrator sets it anew: ` +
      `metamcp-cli servers credential ${server.name} --key …`,
    { data: { server: server.name } },
  );
}

function unreadable({ name }: LiveServer): Unavailable {
  return new Unavailable('secret-unreadable', `What this key has of its own for the server "${name}" can’t be read.`, {
    data: { server: name },
  });
}
