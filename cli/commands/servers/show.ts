import type { Cli } from '../../cli.ts';
import { formatRecord } from '../../output/record.ts';
import { requireServer } from '../../stores/requireServer.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { secretNames, serverFields, serverJson } from '../../views/serverView.ts';

/** Shows a server. */
export async function showServer(cli: Cli, name: string): Promise<void> {
  await cli.withStores(async ({ stores: { db, vault } }) => {
    const row = await requireServer(db, name);
    const names = secretNames(await openServerSecrets(vault, row));
    await cli.output.answer({ ...serverJson(row), header_names: names.headers, env_names: names.env }, () =>
      formatRecord(serverFields(row, names), cli.output.paint),
    );
  });
}
