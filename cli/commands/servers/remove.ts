import type { Administration } from '../../../src/administration/administration.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { serverId } from '../../../src/administration/serverId.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { serverSubject } from '../../views/serverView.ts';
import { enforcementJson, warnOfEnforcement } from '../../views/enforcement.ts';
import { askToGoOn } from '../../input/confirmation.ts';
import { misuse } from '../../input/misuse.ts';
import { isInteractive } from '../../input/prompt.ts';

/** Of a server whose history can't be read. */
const RETIRED = 'is retired for good, whatever becomes of its history, and its secrets destroyed';

const FINAL = 'The settings and secrets are destroyed. To remove it, add --confirm; to keep them: servers disable';

export interface RemoveServerOptions {
  readonly confirm?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Removes a server. */
export async function removeServer(cli: Cli, name: string, options: RemoveServerOptions): Promise<void> {
  const { confirm = false, reason, dryRun = false } = options;
  const mustAsk = !confirm && !dryRun;
  if (mustAsk && !isInteractive(cli)) throw misuse(FINAL);
  const remove = ({ servers }: Administration) => servers.remove(name, reason, commandContext(cli));
  await cli.withStores(
    async ({ stores }) => {
      if (dryRun) return answerDryRun(cli, serverSubject(name), stores, remove);
      if (mustAsk) {
        await requireServer(stores.db, name);
        await askToGoOn(cli, { question: `Remove the server ${name} for good, with its secrets?`, refusal: FINAL });
      }
      const result = await remove(stores);
      await cli.output.answer(
        { id: serverId(name), name, ...enforcementJson(result) },
        () =>
          `The server ${name} ${result.retired ? RETIRED : result.changed ? 'is removed, and its secrets destroyed' : 'was removed already'}.`,
      );
      warnOfEnforcement(cli.output, result);
    },
    { readTables: 'as current as possible' },
  );
}
