import type { Administration } from '../../../src/administration/administration.ts';
import { findRole } from '../../../src/projections/tables/keyRoles.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { keyCount, roleSubject } from '../../views/roleView.ts';
import { misuse } from '../../input/misuse.ts';

export interface RemoveRoleOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Deletes a role. */
export async function removeRole(cli: Cli, name: string, options: RemoveRoleOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  const remove = ({ roles }: Administration) => roles.remove(name, reason, commandContext(cli));
  await cli.withStores(
    async ({ stores }) => {
      const keys = (await findRole(stores.db, name))?.keys ?? 0;
      const lost = keys === 0 ? 'No key has it' : `What it gives is lost by ${keyCount(keys)}`;
      if (dryRun)
        return answerDryRun(
          cli,
          roleSubject(name),
          stores,
          remove,
          () => [`${lost}.`],
          () => ({ keys }),
        );
      if (!confirm)
        throw misuse(
          `${lost}. That is final: to delete it, add --confirm; to see who has it: metamcp-cli roles show ${name}`,
        );
      const result = await remove(stores);
      const sentence = result.retired
        ? 'is retired for good, whatever becomes of its history'
        : result.changed
          ? `is deleted. ${lost}`
          : 'was deleted already';
      await cli.output.answer({ name, keys, ...enforcementJson(result) }, () => `The role ${name} ${sentence}.`);
      warnOfEnforcement(cli.output, result);
    },
    { readTables: 'as current as possible' },
  );
}
