import type { Cli } from '../../cli.ts';
import { rolePages } from '../../stores/pages.ts';
import { ROLE_COLUMNS, roleCells, roleJson } from '../../views/roleView.ts';

/** Lists the roles. */
export async function listAllRoles(cli: Cli): Promise<void> {
  await cli.withReadTables(async ({ db }) => {
    await cli.output.answerList({
      pages: rolePages(db),
      toJson: roleJson,
      columns: ROLE_COLUMNS,
      toCells: roleCells,
      empty: 'There are no roles. Create one: metamcp-cli roles create NAME --grant SERVER',
    });
  });
}
