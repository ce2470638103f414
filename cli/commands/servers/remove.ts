import { serverId } from '../../../src/administration/mcpServers.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { serverSubject } from '../../serverView.ts';
import { settledJson } from '../../settledJson.ts';
import { warnOfUnsettled } from '../../unconfirmed.ts';
import { wrongUsage } from '../../usage.ts';

/** Of a server whose history can't be read. */
const RETIRED = 'is retired for good, whatever becomes of its history, and its secrets destroyed';

export interface RemoveServerOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Removes a server. */
export async function removeServer(cli: Cli, name: string, options: RemoveServerOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  if (!confirm && !dryRun) {
    throw wrongUsage(
      'The settings and secrets are destroyed. To remove it, add --confirm; to keep them: servers disable',
    );
  }
  await cli.withStores(
    async ({ stores: { servers, foresight } }) => {
      if (dryRun) {
        return answerForeseen(cli, serverSubject(name), await foresight.server(name, { type: 'Delete', reason }));
      }
      const settled = await servers.remove(name, reason, commandContext());
      await cli.output.answer(
        { id: serverId(name), name, ...settledJson(settled) },
        () =>
          `The server ${name} ${settled.retired ? RETIRED : settled.changed ? 'is removed, and its secrets destroyed' : 'was removed already'}.`,
      );
      warnOfUnsettled(cli.output, settled);
    },
    { readTables: 'as current as possible' },
  );
}
