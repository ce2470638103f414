import { systemClock } from '../../../src/clock.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { timeAt } from '../../../src/events/time.ts';
import { parseGrants, parseScopes } from '../../input/access.ts';
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
  /** Milliseconds. */
  readonly expiresIn?: number;
  readonly neverExpires?: boolean;
  readonly limit?: readonly string[];
  readonly network?: readonly string[];
}

/** A change of what a key may do. */
interface AccessRevision {
  /** Works on what the key has at present. @throws Refused `access-empty` */
  readonly revise: (current: Access) => Access;
  /** Grants that keys get: some may lead nowhere. */
  readonly given: readonly string[];
  /** What is taken away of those that have it. */
  readonly taken: readonly string[];
  /** Finds what of that a key does not have. */
  readonly missingOf: (current: Access) => readonly string[];
}

/** Reads a change of access. @throws Invalid `usage`, `scope-invalid`, `grant-invalid`, `limit-invalid`, `network-invalid` */
export function accessRevisionOf(options: AccessOptions): AccessRevision {
  const scopes = listRevision('scope', parseScopes, options.scope, options.addScope, options.removeScope);
  const grants = listRevision('grant', parseGrants, options.grant, options.addGrant, options.removeGrant);
  const limits = parseKeyLimits(options.limit);
  const networks = parseNetworks(options.network);
  const { expiresIn, neverExpires = false } = options;
  if (expiresIn !== undefined && neverExpires) throw misuse('--expires-in and --never-expires exclude each other.');
  if ([scopes, grants, limits, networks, expiresIn].every((each) => each === undefined) && !neverExpires) {
    throw misuse(
      'Say what to change: --grant, --add-grant, --remove-grant, --scope, --limit, --network, --expires-in or --never-expires.',
    );
  }
  const expiresAt = expiresIn === undefined ? undefined : timeAt(systemClock() + expiresIn);
  return {
    revise: (current) => ({
      ...current,
      scopes: scopes?.revise(current.scopes) ?? current.scopes,
      grants: grants?.revise(current.grants) ?? current.grants,
      expiresAt: expiresAt ?? (neverExpires ? undefined : current.expiresAt),
      limits: limits ?? current.limits,
      networks: networks ?? current.networks,
    }),
    given: grants?.given ?? [],
    taken: [...(scopes?.taken ?? []), ...(grants?.taken ?? [])],
    missingOf: (current) => [...without(scopes?.taken, current.scopes), ...without(grants?.taken, current.grants)],
  };
}

function without(wanted: readonly string[] = [], present: readonly string[]): string[] {
  return wanted.filter((each) => !present.includes(each));
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
      const next = [...new Set([...current.filter((each) => !taken.includes(each)), ...given])];
      if (next.length > 0) return next;
      const message = `No ${what} would be left, and a key needs one. To stop the key: metamcp-cli keys inactivate`;
      throw new Refused('access-empty', message);
    },
  };
}
