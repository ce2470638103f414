import { systemClock } from '../../../src/clock.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { timeAt } from '../../../src/events/storableTime.ts';
import type { HeldRole } from '../../../src/events/heldRole.ts';
import { parseGrants, parseRoles, parseScopes } from '../../input/access.ts';
import { parseKeyLimits, parseNetworks } from '../../input/limits.ts';
import { misuse } from '../../input/misuse.ts';

/** What a key may do, as it is typed: all of it, or what comes and goes. */
export interface AccessOptions {
  readonly scope?: readonly string[];
  readonly addScope?: readonly string[];
  readonly removeScope?: readonly string[];
  readonly grant?: readonly string[];
  readonly addGrant?: readonly string[];
  readonly removeGrant?: readonly string[];
  readonly role?: readonly string[];
  readonly addRole?: readonly string[];
  readonly removeRole?: readonly string[];
  /** Milliseconds. */
  readonly expiresIn?: number;
  readonly neverExpires?: boolean;
  readonly limit?: readonly string[];
  readonly network?: readonly string[];
}

/** A change of what a key may do. */
interface AccessRevision {
  /** The names of the roles that keys get. */
  readonly roles: readonly string[];
  /** Works on what the key has at present. @param roles that it gets @throws Refused `access-empty` */
  readonly revise: (current: Access, roles: readonly HeldRole[]) => Access;
  /** Grants that keys get: some may lead nowhere. */
  readonly given: readonly string[];
  /** What is taken away of those that have it. */
  readonly taken: readonly string[];
  /** Finds what of that a key does not have. */
  readonly missingOf: (current: Access) => readonly string[];
}

/** Reads a change of access. @throws Invalid `usage`, `scope-invalid`, `grant-invalid`, `role-invalid`, `limit-invalid`, `network-invalid` */
export function accessRevisionOf(options: AccessOptions): AccessRevision {
  const scopes = listRevision('scope', parseScopes, options.scope, options.addScope, options.removeScope);
  const grants = listRevision('grant', parseGrants, options.grant, options.addGrant, options.removeGrant);
  const roles = listRevision('role', parseRoles, options.role, options.addRole, options.removeRole);
  const limits = parseKeyLimits(options.limit);
  const networks = parseNetworks(options.network);
  const { expiresIn, neverExpires = false } = options;
  if (expiresIn !== undefined && neverExpires) throw misuse('--expires-in and --never-expires exclude each other.');
  if ([scopes, grants, roles, limits, networks, expiresIn].every((each) => each === undefined) && !neverExpires) {
    throw misuse(
      'Say what to change: --grant, --add-grant, --remove-grant, --scope, --role, --limit, --network, --expires-in or --never-expires.',
    );
  }
  const expiresAt = expiresIn === undefined ? undefined : timeAt(systemClock() + expiresIn);
  return {
    roles: roles?.given ?? [],
    revise(current, given) {
      const held = roles === undefined ? (current.roles ?? []) : revisedRoles(roles, current.roles ?? [], given);
      // With a role, it may have nothing of its own.
      const isEnough = held.length > 0;
      return {
        ...current,
        scopes: listOf('scope', scopes?.revise(current.scopes) ?? current.scopes, isEnough || scopes === undefined),
        grants: listOf('grant', grants?.revise(current.grants) ?? current.grants, isEnough || grants === undefined),
        roles: held,
        expiresAt: expiresAt ?? (neverExpires ? undefined : current.expiresAt),
        limits: limits ?? current.limits,
        networks: networks ?? current.networks,
      };
    },
    given: grants?.given ?? [],
    taken: [...(scopes?.taken ?? []), ...(grants?.taken ?? []), ...(roles?.taken ?? [])],
    missingOf: (current) => [
      ...without(scopes?.taken, current.scopes),
      ...without(grants?.taken, current.grants),
      ...without(roles?.taken, namesOf(current.roles)),
    ],
  };
}

function without(wanted: readonly string[] = [], present: readonly string[]): string[] {
  return wanted.filter((each) => !present.includes(each));
}

function namesOf(roles: readonly HeldRole[] = []): string[] {
  return roles.map(({ name }) => name);
}

/** A role that is given takes the place of one of its name: that may have been deleted. */
function revisedRoles(
  roles: ListRevision<string>,
  current: readonly HeldRole[],
  given: readonly HeldRole[],
): readonly HeldRole[] {
  const stay = new Set(roles.revise(namesOf(current)).filter((name) => !roles.given.includes(name)));
  return [...current.filter(({ name }) => stay.has(name)), ...given];
}

/** @throws Refused `access-empty` */
function listOf<Value>(what: string, list: readonly Value[], mayBeEmpty: boolean): readonly Value[] {
  if (list.length > 0 || mayBeEmpty) return list;
  const message = `No ${what} would be left, and a key needs one. To stop the key: metamcp-cli keys inactivate`;
  throw new Refused('access-empty', message);
}

interface ListRevision<Value> {
  readonly revise: (current: readonly Value[]) => readonly Value[];
  readonly given: readonly Value[];
  readonly taken: readonly Value[];
}

function listRevision<Value extends string>(
  what: string,
  parse: (texts: readonly string[] | undefined) => Value[] | undefined,
  whole: readonly string[] | undefined,
  add: readonly string[] | undefined,
  remove: readonly string[] | undefined,
): ListRevision<Value> | undefined {
  const [all, given = [], taken = []] = [parse(whole), parse(add), parse(remove)];
  if (all !== undefined) {
    if (add ?? remove)
      throw misuse(`--${what} replaces what there is: --add-${what} and --remove-${what} do not go with it.`);
    return { revise: () => all, given: all, taken: [] };
  }
  if (add === undefined && remove === undefined) return undefined;
  const both = given.find((each) => taken.includes(each));
  if (both !== undefined) throw misuse(`--add-${what} and --remove-${what} exclude each other for ${both}.`);
  return {
    given,
    taken,
    revise(current) {
      return [...new Set([...current.filter((each) => !taken.includes(each)), ...given])];
    },
  };
}
