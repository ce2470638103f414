import type { Administration } from '../../../src/administration/administration.ts';
import { findUnmetGrants } from '../../../src/administration/unmetGrants.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { timeAt } from '../../../src/events/time.ts';
import { parseGrants, parseScopes } from '../../input/access.ts';
import { parseKeyLimits, parseNetworks } from '../../input/limits.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerKeyChange } from '../../views/keyChange.ts';
import { attributed, formatTime, keySubject } from '../../views/keyView.ts';
import { warnOfGrants } from '../../views/unmetGrants.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { changeMany, meansMany } from './changeMany.ts';
import { roleRevisionOf, type RoleOptions } from './roleRevision.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { misuse } from '../../input/misuse.ts';

export interface ChangeAccessOptions extends Omit<KeyFilterOptions, 'role'>, RoleOptions {
  /** Of many. */
  readonly confirm?: boolean;
  readonly scope?: readonly string[];
  readonly grant?: readonly string[];
  /** Milliseconds. */
  readonly expiresIn?: number;
  readonly neverExpires?: boolean;
  readonly limit?: readonly string[];
  readonly network?: readonly string[];
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Changes what a key may do, or those that fit. */
export async function changeAccess(cli: Cli, typed: string | undefined, options: ChangeAccessOptions): Promise<void> {
  const { expiresIn, neverExpires = false, reason, dryRun = false } = options;
  const scopes = parseScopes(options.scope);
  const grants = parseGrants(options.grant);
  const limits = parseKeyLimits(options.limit);
  const networks = parseNetworks(options.network);
  if (expiresIn !== undefined && neverExpires) {
    throw misuse('--expires-in and --never-expires exclude each other.');
  }
  const reviseRoles = roleRevisionOf(options);
  const isNothing =
    [scopes, grants, reviseRoles, limits, networks, expiresIn].every((value) => value === undefined) && !neverExpires;
  if (isNothing) {
    throw misuse('Say what to change: --scope, --grant, --role, --limit, --network, --expires-in or --never-expires.');
  }
  const expiresAt = expiresIn === undefined ? undefined : timeAt(systemClock() + expiresIn);
  const reviseOwn = (current: Access): Access => ({
    ...current,
    scopes: scopes ?? current.scopes,
    grants: grants ?? current.grants,
    expiresAt: expiresAt ?? (neverExpires ? undefined : current.expiresAt),
    limits: limits ?? current.limits,
    networks: networks ?? current.networks,
  });
  const change = async ({ keys, roles }: Administration, id: string) => {
    const withRoles = await reviseRoles?.(roles);
    const revise = (current: Access): Access => reviseOwn(withRoles?.(current) ?? current);
    return keys.changeAccess(id, revise, commandContext(cli), { reason });
  };
  // Here --grant and --role are what they get.
  const { grant: _grant, role: _role, addRole: _added, removeRole: _removed, ...many } = options;
  if (meansMany(typed, many)) {
    await changeMany(cli, many, {
      verb: 'change the access of',
      change: (administration, { id }) => change(administration, id),
      predicate: ({ changed }) => (changed ? 'is changed' : 'was so already'),
    });
    return;
  }
  await cli.withStores(
    async ({ stores }) => {
      const { db } = stores;
      const key = await resolveKey(db, typed);
      const { id } = key;
      const warn = async () => {
        warnOfGrants(cli.output, key.name, await findUnmetGrants(db, grants ?? []));
      };
      if (dryRun) {
        await answerDryRun(cli, keySubject(key), stores, (administration) => change(administration, id));
        await warn();
        return;
      }
      const result = await change(stores, id);
      const row = await resolveKey(db, id);
      const end = row.expiresAt === null ? 'never expires' : `expires ${formatTime(row.expiresAt)}`;
      const predicate = `${result.changed ? 'now' : 'already'} has the scopes ${attributed(row, 'scopes')}, the grants ${attributed(row, 'grants')}, and ${end}`;
      await answerKeyChange(cli, row, result, predicate);
      await warn();
    },
    { readTables: 'as current as possible' },
  );
}
