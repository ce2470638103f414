import type { Administration } from '../../../../src/administration/administration.ts';
import type { Access } from '../../../../src/commands/apiKey.ts';
import { Refused } from '../../../../src/errors/appError.ts';
import type { HeldRole } from '../../../../src/events/heldRole.ts';

/** Adds grants to those of a key, and takes grants away. @throws Refused `grant-required` */
export function withGrants(name: string, access: Access, add: readonly string[], remove: readonly string[]): Access {
  const grants = [...new Set([...access.grants, ...add])].filter((grant) => !remove.includes(grant));
  return requireSome(name, { ...access, grants });
}

/** Adds roles to those of a key, in the place of others of their names, and takes roles away. @throws Refused `grant-required` */
export function withRoles(name: string, access: Access, add: readonly HeldRole[], remove: readonly string[]): Access {
  const gone = new Set([...remove, ...add.map((role) => role.name)]);
  return requireSome(name, { ...access, roles: [...rolesOf(access).filter((role) => !gone.has(role.name)), ...add] });
}

/**
 * Finds the roles of these names. One that the key has stays the one that it is, also when it was deleted: another one of its
 * name is not what was shown.
 * @throws NotFound `role-not-found`; Unavailable
 */
export async function rolesOfNames(
  { roles }: Administration,
  held: readonly HeldRole[],
  names: readonly string[],
): Promise<HeldRole[]> {
  const kept = held.filter(({ name }) => names.includes(name)).map(({ name, id }) => ({ name, id }));
  return [...kept, ...(await roles.find(names.filter((name) => !kept.some((role) => role.name === name))))];
}

function rolesOf({ roles = [] }: Access): readonly HeldRole[] {
  return roles;
}

function requireSome(name: string, access: Access): Access {
  if (rolesOf(access).length > 0 || (access.grants.length > 0 && access.scopes.length > 0)) return access;
  const what = access.grants.length === 0 ? 'grant' : 'scope';
  throw new Refused('grant-required', `The key ${name} would have no ${what} left; inactivate it instead.`);
}
