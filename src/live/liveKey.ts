import { Unauthorized } from '../errors/appError.ts';
import type { Scope } from '../events/apiKey.ts';
import { SCOPES } from '../events/scope.ts';
import type { Sealed } from '../events/sealed.ts';
import type { LiveCredentials } from './keyServer.ts';
import { validUntilMs, type ApiKeyRow } from '../projections/tables/apiKeys.ts';
import { effectiveAccess, type RoleOfKey } from '../projections/tables/keyRoles.ts';
import { compileGrants, type Grants } from '../access/grants.ts';
import { compileKeyLimits, type CompiledLimit } from '../limits/compiledLimits.ts';
import { compileNetworks, type Networks } from '../access/networks.ts';

/** An API key as this process holds it in memory: frozen, replaced whole when it changes. */
export interface LiveKey {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  /** False while it is inactivated, and while its history can't be trusted. */
  readonly active: boolean;
  /** What it may do in all, its roles' part included. */
  readonly scopes: ReadonlySet<Scope>;
  readonly grants: Grants;
  /** The names of its roles, of those that give nothing, too. */
  readonly roles: readonly string[];
  /** The same as long as none of its roles changes. */
  readonly rolesAsOf: string;
  /** When it expires, ms since the epoch; Infinity when never. */
  readonly expiresAtMs: number;
  /** Until when it works after a rotation, ms since the epoch; Infinity when it was not rotated. */
  readonly validUntilMs: number;
  /** KeySecrets, still sealed: a token needs none of them. */
  readonly sealed: Sealed;
  /** What servers get for this key alone. (Default: nothing) */
  readonly credentials?: LiveCredentials;
  /** (Default: none) */
  readonly limits?: readonly CompiledLimit[] | undefined;
  /** That it may be used from. (Default: any) */
  readonly networks?: Networks | undefined;
}

/**
 * Makes the live key of a row; undefined for a deleted key. Scopes that this version does not know grant nothing.
 * @param standardLimits of keys without limits of their own. (Default: none)
 */
export function liveKeyOf(
  row: ApiKeyRow,
  credentials?: LiveCredentials,
  standardLimits: readonly string[] = [],
): LiveKey | undefined {
  if (row.status === 'deleted' || row.sealed === null) return undefined;
  const { scopes, grants } = effectiveAccess(row);
  return Object.freeze({
    id: row.id,
    name: row.name,
    revision: row.revision,
    active: row.status !== 'inactive' && row.fault === null,
    scopes: new Set(SCOPES.filter((scope) => scopes.includes(scope))),
    grants: compileGrants(grants),
    roles: row.roles.map(({ name }) => name),
    rolesAsOf: row.roles.map(asOf).join(),
    expiresAtMs: row.expiresAt?.getTime() ?? Infinity,
    validUntilMs: validUntilMs(row),
    sealed: row.sealed,
    credentials,
    limits: compileKeyLimits(row.id, row.limits, standardLimits),
    networks: compileNetworks(row.networks),
  });
}

function asOf({ id, revision, lost }: RoleOfKey): string {
  return `${id} ${lost ?? String(revision)}`;
}

/** The moment at which time alone ends a key, ms since the epoch; Infinity when never. */
export function goodUntilMs(key: LiveKey): number {
  return Math.min(key.expiresAtMs, key.validUntilMs);
}

/** Explains why a key is not good now, or undefined when it is. Only for clients that have proved the key. */
export function whyNotGood(key: LiveKey, nowMs: number): Unauthorized | undefined {
  const { id: keyId } = key;
  if (!key.active) return new Unauthorized('key-inactive', 'The API key is inactive.', { keyId });
  if (key.expiresAtMs <= nowMs) return keyExpired(keyId);
  if (key.validUntilMs <= nowMs) {
    return new Unauthorized('key-rotated', 'The API key was rotated. Use its successor.', { keyId });
  }
  return undefined;
}

/** Makes the reason for ending what a key has open when it was inactivated, deleted or rotated out. */
export function keyRevoked(keyId?: string): Unauthorized {
  return new Unauthorized('key-revoked', 'The API key was revoked.', { keyId });
}

export function keyExpired(keyId?: string): Unauthorized {
  return new Unauthorized('key-expired', 'The API key has expired.', { keyId });
}
