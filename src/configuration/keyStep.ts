import { DEFAULT_GRANTS, DEFAULT_SCOPES } from '../commands/apiKey.ts';
import type { Scope } from '../events/apiKey.ts';
import { changesBetween, type FieldChange, type Fields } from './changes.ts';
import type { FileKey } from './configurationFile.ts';
import type { CurrentKey } from './currentState.ts';

/** A key as it shall be. */
export interface DesiredKey {
  readonly name: string;
  /** Undefined: not said. */
  readonly description: string | undefined;
  readonly owner: string | undefined;
  /** Sorted. */
  readonly tags: readonly string[];
  readonly scopes: readonly Scope[];
  readonly grants: readonly string[];
  /** Names. */
  readonly roles: readonly string[];
  /** RFC 3339 UTC; undefined: never. */
  readonly expiresAt: string | undefined;
  readonly active: boolean;
  readonly limits: readonly string[];
  readonly networks: readonly string[];
}

/** What has to happen to one key. */
export interface KeyStep {
  readonly kind: 'key';
  readonly action: 'create' | 'change' | 'none' | 'remove';
  readonly name: string;
  /** Undefined for a new one. */
  readonly id: string | undefined;
  readonly changes: readonly FieldChange[];
  /** Undefined for a removal. */
  readonly desired: DesiredKey | undefined;
  /** The revision that the plan saw; undefined for a new one. */
  readonly revision: number | undefined;
}

/** Reads a key of a file: what it does not say has its default. */
export function desireKey(name: string, key: FileKey): DesiredKey {
  const {
    description,
    owner,
    tags = [],
    roles = [],
    // With a role, the defaults would give more than it.
    scopes = roles.length === 0 ? DEFAULT_SCOPES : [],
    grants = roles.length === 0 ? DEFAULT_GRANTS : [],
    expires,
    active = true,
  } = key;
  return {
    name,
    description,
    owner,
    tags: tags.toSorted(),
    scopes: [...new Set(scopes)],
    grants: [...new Set(grants)],
    roles: [...new Set(roles)],
    expiresAt: expires === undefined ? undefined : new Date(expires).toISOString(),
    limits: [...new Set(key.limits)],
    networks: [...new Set(key.networks)],
    active,
  };
}

/** Plans one key. Its description is fixed when it is created, so it is not compared. */
export function planKey(desired: DesiredKey, current: CurrentKey | undefined): KeyStep {
  const { name, description } = desired;
  const wanted = fieldsOf(desired);
  if (current === undefined) {
    // That it is active goes without saying.
    const changes = changesBetween({}, { description, ...wanted }).filter(({ after }) => after !== true);
    return { kind: 'key', action: 'create', name, id: undefined, changes, desired, revision: undefined };
  }
  const { id, revision, owner, tags, scopes, grants, limits, networks, expiresAt, status } = current;
  const present = {
    owner: owner ?? undefined,
    tags,
    scopes,
    grants,
    roles: heldRoles(current),
    limits,
    networks,
    expiresAt: expiresAt?.toISOString(),
    active: status !== 'inactive',
  };
  const changes = changesBetween(fieldsOf(present), wanted);
  return { kind: 'key', action: changes.length === 0 ? 'none' : 'change', name, id, changes, desired, revision };
}

/** Names the roles that a key has. One that was deleted it does not have, although another may have taken over the name. */
export function heldRoles({ roles }: Pick<CurrentKey, 'roles'>): string[] {
  return roles.filter(({ lost }) => lost !== 'deleted').map(({ name }) => name);
}

/** Plans that a key goes. */
export function planKeyRemoval({ name, id, revision }: CurrentKey): KeyStep {
  return { kind: 'key', action: 'remove', name, id, changes: [], desired: undefined, revision };
}

/** The fields that are a key's labels. */
export const LABEL_FIELDS: ReadonlySet<string> = new Set(['owner', 'tags']);

/** The order of scopes, grants and roles has no meaning. */
function fieldsOf(
  key: Omit<DesiredKey, 'name' | 'description' | 'scopes'> & { readonly scopes: readonly string[] },
): Fields {
  const { owner, tags, scopes, grants, roles, limits, networks, expiresAt: expires, active } = key;
  return {
    owner,
    // Without any, they go without saying.
    tags: tags.length === 0 ? undefined : tags,
    scopes: scopes.length === 0 ? undefined : scopes.toSorted(),
    grants: grants.length === 0 ? undefined : grants.toSorted(),
    roles: roles.length === 0 ? undefined : roles.toSorted(),
    limits: limits.length === 0 ? undefined : limits.toSorted(),
    networks: networks.length === 0 ? undefined : networks.toSorted(),
    expires,
    active,
  };
}
