import type { KeyRoleAdministration } from '../../../src/administration/keyRoles.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { parseRoles } from '../../input/access.ts';
import { misuse } from '../../input/misuse.ts';

export interface RoleOptions {
  readonly role?: readonly string[];
  readonly addRole?: readonly string[];
  readonly removeRole?: readonly string[];
}

/** What becomes of the roles of a key; undefined: nothing. */
export type ReviseRoles = (roles: Pick<KeyRoleAdministration, 'find'>) => Promise<(current: Access) => Access>;

/** Reads `--role`, which replaces the roles of a key, or `--add-role` and `--remove-role`. @throws Invalid `role-invalid`, `usage` */
export function roleRevisionOf(options: RoleOptions): ReviseRoles | undefined {
  const all = parseRoles(options.role);
  const added = parseRoles(options.addRole);
  const removed = new Set(parseRoles(options.removeRole));
  if (all === undefined && added === undefined && removed.size === 0) return undefined;
  if (all !== undefined && (added !== undefined || removed.size > 0)) {
    throw misuse('--role says which roles it has from now on; --add-role and --remove-role change those that it has.');
  }
  return async (roles) => {
    const given = await roles.find(all ?? added ?? []);
    const replaced = new Set(given.map(({ name }) => name));
    return (current) => ({
      ...current,
      roles:
        all === undefined
          ? [...(current.roles ?? []).filter(({ name }) => !replaced.has(name) && !removed.has(name)), ...given]
          : given,
    });
  };
}
