import { serverProcessesSchema } from '../../../src/api/serverProcesses.ts';
import type { Cli } from '../../cli.ts';
import { callGateway } from '../../gateway/callGateway.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';

/** Has the gateway restart the programs of a server. */
export async function restartServer(cli: Cli, name: string): Promise<void> {
  await cli.withStores(async ({ stores, settings }) => {
    await requireServer(stores.db, name);
    const answer = await callGateway({ stores, settings }, 'POST', `/api/v1/mcp/servers/${name}/restart`);
    const state = serverProcessesSchema.parse(await answer.json());
    const count = state.processes.length;
    await cli.output.answer(state, () =>
      count === 0
        ? `Nothing ran of the server ${name}, so there was nothing to restart: its program starts at the next call.`
        : `${count === 1 ? 'The program' : `${String(count)} programs`} of the server ${name} ${count === 1 ? 'was' : 'were'} restarted.`,
    );
  });
}
