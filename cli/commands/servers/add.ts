import type { Administration } from '../../../src/administration/administration.ts';
import { DEFAULT_SETTINGS } from '../../../src/events/mcpServer.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { serverSubject } from '../../views/serverView.ts';
import { answerServerChange } from '../../views/serverChange.ts';
import { requireServer } from '../../stores/requireServer.ts';
import { readHeaders, readVariables } from '../../input/secretValues.ts';
import { settingsWith, type ServerOptions } from './serverOptions.ts';

/** Registers a server. */
export async function addServer(cli: Cli, name: string, options: ServerOptions): Promise<void> {
  const settings = settingsWith(options, cli.commandLine, DEFAULT_SETTINGS);
  const { header = [], env = [] } = options;
  const secrets = { headers: await readHeaders(header, cli), env: readVariables(env, cli) };
  const register = ({ servers }: Administration) => servers.register(name, { settings, secrets }, commandContext());
  await cli.withStores(async ({ stores }) => {
    if (options.dryRun === true) return answerDryRun(cli, serverSubject(name), stores, register);
    const result = await register(stores);
    const predicate = result.changed
      ? `is registered (try it: metamcp-cli servers test ${name})`
      : 'is registered like that already';
    await answerServerChange(cli, await requireServer(stores.db, name), result, predicate);
  });
}
