import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerServerChange } from '../../serverChange.ts';
import { requireServer } from '../../requireServer.ts';
import { serverSubject } from '../../serverView.ts';

export interface EnablementOptions {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Serves a disabled server again. */
export async function enableServer(cli: Cli, name: string, options: EnablementOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(async ({ stores: { db, servers, foresight } }) => {
    if (dryRun) {
      return answerForeseen(cli, serverSubject(name), await foresight.server(name, { type: 'Enable', reason }));
    }
    const settled = await servers.enable(name, reason, commandContext());
    const said = settled.changed ? 'is enabled' : 'was enabled already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}

/** Stops serving a server. */
export async function disableServer(cli: Cli, name: string, options: EnablementOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(async ({ stores: { db, servers, foresight } }) => {
    if (dryRun) {
      return answerForeseen(cli, serverSubject(name), await foresight.server(name, { type: 'Disable', reason }));
    }
    const settled = await servers.disable(name, reason, commandContext());
    const said = settled.changed ? 'is disabled' : 'was disabled already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}
