import type { Administration } from '../../../src/administration/administration.ts';
import { findUnmetGrants } from '../../../src/administration/unmetGrants.ts';
import { DEFAULT_SCOPES } from '../../../src/commands/apiKey.ts';
import { checkedRoleName, parseGrants, parseScopes } from '../../input/access.ts';
import { misuse } from '../../input/misuse.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerRoleChange } from '../../views/roleChange.ts';
import { roleSubject } from '../../views/roleView.ts';
import { warnOfRoleGrants } from '../../views/unmetGrants.ts';

export interface CreateRoleOptions {
  readonly description?: string;
  readonly scope?: readonly string[];
  readonly grant?: readonly string[];
  readonly dryRun?: boolean;
}

/** Creates a role. */
export async function createRole(cli: Cli, typed: string, options: CreateRoleOptions): Promise<void> {
  const { description, dryRun = false } = options;
  const name = checkedRoleName(typed);
  const grants = parseGrants(options.grant);
  // A role that gave every server by default would do so to many keys at once.
  if (grants === undefined) throw misuse("Say what it grants: --grant github; --grant '*' for every server.");
  const role = { description, scopes: parseScopes(options.scope) ?? DEFAULT_SCOPES, grants };
  const create = ({ roles }: Administration) => roles.create(name, role, commandContext(cli));
  await cli.withStores(async ({ stores }) => {
    const unmet = await findUnmetGrants(stores.db, grants);
    if (dryRun) await answerDryRun(cli, roleSubject(name), stores, create);
    else {
      const result = await create(stores);
      await answerRoleChange(
        cli,
        stores.db,
        name,
        result,
        result.changed ? 'is created' : 'was there like that already',
      );
    }
    warnOfRoleGrants(cli.output, name, unmet);
  });
}
