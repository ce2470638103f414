import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Scope } from '../events/apiKey.ts';
import { credentialOf } from './credential.ts';
import { API_KEY_PREFIX } from './keyText.ts';
import type { ProveKey } from './keyProof.ts';
import { goodUntilMs, keyRevoked, whyNotGood, type LiveKey } from '../live/liveKey.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import type { Authenticate, Principal } from './principal.ts';
import type { Tokens } from './tokens.ts';

export interface AuthenticateOptions {
  readonly liveKeys: LiveKeys;
  readonly proveKey: ProveKey;
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** Credentials remembered; the least recently used is forgotten first. (Default: 10_000) */
  readonly maxRemembered?: number;
}

/** A credential that has proved itself, and for how long that holds. */
interface Proof {
  readonly principal: Principal;
  /** Holds only while this very object is what the memory of keys has. */
  readonly key: LiveKey;
  /** Ms since the epoch. */
  readonly goodUntilMs: number;
}

/** The credential that a connection has shown last, and what it has proved. */
interface Shown {
  readonly credential: string;
  readonly digest: string;
  readonly proof: Proof;
}

/**
 * Makes the check of every request. A credential seen before costs two look-ups, and on a connection that did not show it last
 * one more, and one SHA-256: no SQL, no HMAC, no signature, no promise. docs/architecture.md, Who may come in.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { liveKeys, proveKey, tokens, clock, maxRemembered = 10_000 } = options;
  // By digest, so that a heap dump holds no credential.
  const remembered = new LRUCache<string, Proof>({ max: maxRemembered });
  // No longer than the connection, whose headers have the credential anyway; and none that has not proved itself.
  const shown = new WeakMap<object, Shown>();

  async function proveToken(token: string): Promise<Proof> {
    const { keyId, scopes: granted, expiresAtMs } = await tokens.verify(token);
    const key = await liveKeys.find(keyId);
    if (key === undefined) throw keyRevoked(keyId);
    const reason = whyNotGood(key, clock());
    if (reason !== undefined) throw reason;
    const scopes = new Set(granted.filter((scope) => key.scopes.has(scope)));
    return { principal: principalOf(key, scopes), key, goodUntilMs: Math.min(expiresAtMs, goodUntilMs(key)) };
  }

  async function proveDirectly(text: string): Promise<Proof> {
    const key = await proveKey(text);
    return { principal: principalOf(key, key.scopes), key, goodUntilMs: goodUntilMs(key) };
  }

  async function prove(credential: string, digest: string): Promise<Principal> {
    const proof = await (credential.startsWith(API_KEY_PREFIX) ? proveDirectly(credential) : proveToken(credential));
    // Of several who proved it at once, all go on with the first one's principal.
    const first = remembered.get(digest);
    if (first !== undefined && first.key === proof.key && clock() < first.goodUntilMs) return first.principal;
    remembered.set(digest, proof);
    return proof.principal;
  }

  return (headers, connection) => {
    const credential = credentialOf(headers);
    const last = connection && shown.get(connection);
    const isSame = last?.credential === credential;
    const digest = isSame ? last.digest : hash('sha256', credential, 'base64');
    const known = isSame ? last.proof : remembered.get(digest);
    if (known === undefined || clock() >= known.goodUntilMs) return prove(credential, digest);
    const key = liveKeys.find(known.key.id);
    if (key === known.key) {
      if (connection !== undefined && !isSame) shown.set(connection, { credential, digest, proof: known });
      return known.principal;
    }
    // The credential has to prove itself again; on another connection it may have done so.
    if (isSame && connection !== undefined) shown.delete(connection);
    const other = isSame ? remembered.get(digest) : undefined;
    if (other !== undefined && other.key === key && clock() < other.goodUntilMs) return other.principal;
    if (!(key instanceof Promise)) return prove(credential, digest);
    // It is read again, because it changed or invalidations are down. For an unchanged key the proof holds.
    return key.then((now) => (now === known.key ? known.principal : prove(credential, digest)));
  };
}

/** A token's end does not cut what it opened: a call lives as long as the key may use its server. */
function principalOf(key: LiveKey, scopes: ReadonlySet<Scope>): Principal {
  return {
    keyId: key.id,
    keyName: key.name,
    scopes,
    grants: key.grants,
    key,
  };
}
