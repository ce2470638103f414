import { DEFAULT_SCOPES } from '../commands/apiKey.ts';
import type { Role } from '../commands/keyRole.ts';
import { changesBetween, type FieldChange, type Fields } from './changes.ts';
import type { FileRole } from './configurationFile.ts';
import type { CurrentRole } from './currentState.ts';

/** What has to happen to one role. */
export interface RoleStep {
  readonly kind: 'role';
  readonly action: 'create' | 'change' | 'none' | 'remove';
  readonly name: string;
  readonly changes: readonly FieldChange[];
  /** Undefined for a removal. */
  readonly desired: Role | undefined;
  /** It gives something that it did not give before. */
  readonly adds: boolean;
  /** The revision that the plan saw; undefined for a new one. */
  readonly revision: number | undefined;
}

/** Plans one role of a file: what it does not say has its default. */
export function planRole(name: string, file: FileRole, current: CurrentRole | undefined): RoleStep {
  const { description, scopes = DEFAULT_SCOPES, grants } = file;
  const desired = { description, scopes: [...new Set(scopes)], grants: [...new Set(grants)] };
  const wanted = fieldsOf(desired);
  const step = { kind: 'role', name, desired } as const;
  if (current === undefined) {
    return { ...step, action: 'create', changes: changesBetween({}, wanted), adds: false, revision: undefined };
  }
  const changes = changesBetween(fieldsOf({ ...current, description: current.description ?? undefined }), wanted);
  const adds =
    desired.scopes.some((scope) => !current.scopes.includes(scope)) ||
    desired.grants.some((grant) => !current.grants.includes(grant));
  return { ...step, action: changes.length === 0 ? 'none' : 'change', changes, adds, revision: current.revision };
}

/** Plans that a role goes. */
export function planRoleRemoval({ name, revision }: CurrentRole): RoleStep {
  return { kind: 'role', action: 'remove', name, changes: [], desired: undefined, adds: false, revision };
}

/** The order of scopes and grants has no meaning. */
function fieldsOf({
  description,
  scopes,
  grants,
}: Pick<Role, 'description' | 'grants'> & { readonly scopes: readonly string[] }): Fields {
  return { description, scopes: scopes.toSorted(), grants: grants.toSorted() };
}
