import { compileGrants, includesGrant } from '../access/grants.ts';
import { DEFAULT_SCOPES } from '../commands/apiKey.ts';
import type { Role } from '../commands/keyRole.ts';
import { changesBetween, type FieldChange, type Fields } from './changes.ts';
import type { FileRole } from './configurationFile.ts';
import type { CurrentRole } from './currentState.ts';

/** One change of a role. */
export interface RoleStep {
  readonly kind: 'role';
  readonly action: 'create' | 'change' | 'none' | 'remove';
  readonly name: string;
  readonly changes: readonly FieldChange[];
  /** Undefined for a removal. */
  readonly desired: Role | undefined;
  /** It gives something that it did not give before. */
  readonly adds: boolean;
  /** Which of the two changes it is, of a role that is changed twice; undefined: the only one. */
  readonly half: 'loses' | 'gains' | undefined;
  /** The revision that the plan saw, also where another step of the role comes before; undefined for a new one. */
  readonly revision: number | undefined;
}

/**
 * Plans one role of a file: what it does not say has its default. A role that shall give something more and something less is first
 * changed to what it gives before and after.
 */
export function planRole(name: string, file: FileRole, current: CurrentRole | undefined): RoleStep[] {
  const { description, scopes = DEFAULT_SCOPES, grants } = file;
  const desired: Role = { description, scopes: [...new Set(scopes)], grants: [...new Set(grants)] };
  const step = { kind: 'role', name, desired } as const;
  if (current === undefined) {
    return [
      {
        ...step,
        action: 'create',
        changes: changesBetween({}, fieldsOf(desired)),
        adds: false,
        half: undefined,
        revision: undefined,
      },
    ];
  }
  const { revision } = current;
  const before = { ...current, description: current.description ?? undefined };
  const change = (from: Fields, to: Role, adds: boolean, half?: RoleStep['half']): RoleStep => {
    const changes = changesBetween(from, fieldsOf(to));
    return { ...step, action: changes.length === 0 ? 'none' : 'change', desired: to, changes, adds, half, revision };
  };
  const adds = givesMore(desired, before);
  if (!adds || !givesMore(before, desired)) return [change(fieldsOf(before), desired, adds)];
  const kept = { ...inBoth(before, desired), description: before.description };
  return [change(fieldsOf(before), kept, false, 'loses'), change(fieldsOf(kept), desired, true, 'gains')];
}

type Gives = Pick<Role, 'grants'> & { readonly scopes: readonly string[] };

/** Tells whether a role gives something that another one does not. */
function givesMore(one: Gives, other: Gives): boolean {
  const grants = compileGrants(other.grants);
  return (
    one.scopes.some((scope) => !other.scopes.includes(scope)) ||
    one.grants.some((grant) => !includesGrant(grants, grant))
  );
}

/** What a role gives before and after a change, but for what only patterns have in common of which neither includes the other. */
function inBoth(before: Gives, desired: Role): Pick<Role, 'scopes' | 'grants'> {
  const [then, now] = [compileGrants(before.grants), compileGrants(desired.grants)];
  const still = desired.grants.filter((grant) => includesGrant(then, grant));
  const narrowed = before.grants.filter((grant) => includesGrant(now, grant));
  return {
    scopes: desired.scopes.filter((scope) => before.scopes.includes(scope)),
    grants: [...new Set([...still, ...narrowed])],
  };
}

/** Plans that a role goes. */
export function planRoleRemoval({ name, revision }: CurrentRole): RoleStep {
  const step = { kind: 'role', action: 'remove', name, changes: [], desired: undefined } as const;
  return { ...step, adds: false, half: undefined, revision };
}

/** The order of scopes and grants has no meaning. */
function fieldsOf({ description, scopes, grants }: Gives & Pick<Role, 'description'>): Fields {
  return { description, scopes: scopes.toSorted(), grants: grants.toSorted() };
}
