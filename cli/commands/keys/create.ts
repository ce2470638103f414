import type { Administration } from '../../../src/administration/administration.ts';
import { systemClock } from '../../../src/clock.ts';
import { timeAt } from '../../../src/events/storableTime.ts';
import { findUnmetGrants } from '../../../src/administration/unmetGrants.ts';
import { roleNotFound } from '../../../src/commands/keyRole.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { findRole, type RoleOfKey } from '../../../src/projections/tables/keyRoles.ts';
import { DEFAULT_GRANTS, DEFAULT_SCOPES } from '../../../src/commands/apiKey.ts';
import { parseGrants, parseRoles, parseScopes } from '../../input/access.ts';
import { checkedTags } from './label.ts';
import { parseKeyLimits, parseNetworks } from '../../input/limits.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { livingKeysOfName } from '../../../src/projections/tables/keyReferences.ts';
import { keyTitle } from '../../views/keyView.ts';
import { compareInstallation } from '../../gateway/otherInstallation.ts';
import { endpointUrl } from '../../gateway/endpoint.ts';
import { answerNewKey } from '../../views/issuedKey.ts';
import { warnOfGrants } from '../../views/unmetGrants.ts';

export interface CreateKeyOptions {
  readonly name: string;
  readonly description?: string;
  readonly owner?: string;
  readonly tag?: readonly string[];
  readonly scope?: readonly string[];
  readonly grant?: readonly string[];
  readonly role?: readonly string[];
  /** Milliseconds. */
  readonly expiresIn?: number;
  readonly limit?: readonly string[];
  readonly network?: readonly string[];
  readonly dryRun?: boolean;
}

/** Finds what roles give. @throws NotFound `role-not-found` */
async function rolesGiven(db: Queryable, names: readonly string[]): Promise<RoleOfKey[]> {
  const found: RoleOfKey[] = [];
  for (const name of names) {
    const row = await findRole(db, name);
    if (row === undefined) throw roleNotFound(name);
    const { id, scopes, grants, fault } = row;
    // As it is read with a key: a role with a fault gives nothing.
    found.push(fault === null ? { name, id, scopes, grants } : { name, id, lost: fault, scopes: [], grants: [] });
  }
  return found;
}

/** Creates a key and shows its secret. */
export async function createKey(cli: Cli, options: CreateKeyOptions): Promise<void> {
  const { name, description, owner, tag = [], expiresIn, dryRun = false } = options;
  const labels = { owner, tags: checkedTags(tag) };
  const names = parseRoles(options.role) ?? [];
  const access = {
    // With a role, the defaults would give more than it.
    scopes: parseScopes(options.scope) ?? (names.length > 0 ? [] : DEFAULT_SCOPES),
    grants: parseGrants(options.grant) ?? (names.length > 0 ? [] : DEFAULT_GRANTS),
    expiresAt: expiresIn === undefined ? undefined : timeAt(systemClock() + expiresIn),
    limits: parseKeyLimits(options.limit),
    networks: parseNetworks(options.network),
  };
  const create = async ({ keys, roles }: Administration) =>
    keys.create({ name, description, ...labels, ...access, roles: await roles.find(names) }, commandContext(cli));
  await cli.withStores(async ({ stores, settings }) => {
    const warnIfOther = compareInstallation({ stores, settings });
    // Looked up before: nothing that fails may stand between the key and its showing.
    const unmet = await findUnmetGrants(stores.db, access.grants);
    const namesakes = await livingKeysOfName(stores.db, name, 1);
    if (dryRun) await answerDryRun(cli, { what: `A key ${escape(name)}`, members: { name } }, stores, create);
    else {
      const endpoint = endpointUrl(settings);
      const given = await rolesGiven(stores.db, names);
      const issued = await create(stores);
      await answerNewKey(cli.output, { issued, description, access, roles: given, labels, endpoint });
    }
    for (const { id } of namesakes) {
      cli.output.warn(
        `Another key has this name, ${keyTitle({ id, name })}: commands take the digits in brackets for either of them.`,
      );
    }
    warnOfGrants(cli.output, name, unmet);
    await warnIfOther(cli.output);
  });
}
