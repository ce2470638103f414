import { logLevelSchema } from '../../../src/api/logLevel.ts';
import type { Cli } from '../../cli.ts';
import { callGateway } from '../../gateway/callGateway.ts';

const PATH = '/api/v1/log-level';

/** Shows what the gateway logs, or changes it. */
export async function setLogLevel(cli: Cli, level: string | undefined): Promise<void> {
  await cli.withStores(async ({ stores, settings }) => {
    const access = { stores, settings };
    const answer =
      level === undefined ? await callGateway(access, 'GET', PATH) : await callGateway(access, 'PUT', PATH, { level });
    const state = logLevelSchema.parse(await answer.json());
    await cli.output.answer(state, () => `The gateway logs at the level ${state.level}.`);
  });
}
