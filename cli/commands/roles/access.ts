import type { Administration } from '../../../src/administration/administration.ts';
import { findUnmetGrants } from '../../../src/administration/unmetGrants.ts';
import type { Role } from '../../../src/commands/keyRole.ts';
import { parseGrants, parseScopes } from '../../input/access.ts';
import { misuse } from '../../input/misuse.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerRoleChange } from '../../views/roleChange.ts';
import { roleSubject } from '../../views/roleView.ts';
import { warnOfRoleGrants } from '../../views/unmetGrants.ts';

export interface ChangeRoleOptions {
  readonly description?: string;
  readonly scope?: readonly string[];
  readonly grant?: readonly string[];
  readonly addGrant?: readonly string[];
  readonly removeGrant?: readonly string[];
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Changes what a role gives. */
export async function changeRole(cli: Cli, name: string, options: ChangeRoleOptions): Promise<void> {
  const { description, reason, dryRun = false } = options;
  const scopes = parseScopes(options.scope);
  const grants = parseGrants(options.grant);
  const added = parseGrants(options.addGrant) ?? [];
  const removed = new Set(parseGrants(options.removeGrant));
  if (grants !== undefined && added.length + removed.size > 0) {
    throw misuse('--grant says what it grants from now on; --add-grant and --remove-grant change what it grants.');
  }
  if (scopes === undefined && grants === undefined && description === undefined && added.length + removed.size === 0) {
    throw misuse('Say what to change: --grant, --add-grant, --remove-grant, --scope or --description.');
  }
  const revise = (current: Role): Role => ({
    description: description === '' ? undefined : (description ?? current.description),
    scopes: scopes ?? current.scopes,
    grants: grants ?? [...new Set([...current.grants.filter((grant) => !removed.has(grant)), ...added])],
  });
  const change = ({ roles }: Administration) => roles.change(name, revise, commandContext(cli), { reason });
  await cli.withStores(
    async ({ stores }) => {
      const unmet = await findUnmetGrants(stores.db, grants ?? added);
      if (dryRun) await answerDryRun(cli, roleSubject(name), stores, change);
      else {
        const result = await change(stores);
        await answerRoleChange(cli, stores.db, name, result, result.changed ? 'is changed' : 'was like that already');
      }
      warnOfRoleGrants(cli.output, name, unmet);
    },
    { readTables: 'as current as possible' },
  );
}
