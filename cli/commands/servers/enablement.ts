import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerServerChange } from '../../serverChange.ts';
import { requireServer } from '../../requireServer.ts';

interface Options {
  readonly reason?: string;
}

/** Serves a disabled server again. */
export async function enableServer(cli: Cli, name: string, { reason }: Options): Promise<void> {
  await cli.withStores(async ({ stores: { db, servers } }) => {
    const settled = await servers.enable(name, reason, commandContext());
    const said = settled.changed ? 'is enabled' : 'was enabled already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}

/** Stops serving a server. */
export async function disableServer(cli: Cli, name: string, { reason }: Options): Promise<void> {
  await cli.withStores(async ({ stores: { db, servers } }) => {
    const settled = await servers.disable(name, reason, commandContext());
    const said = settled.changed ? 'is disabled' : 'was disabled already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}
