import type { Administration } from '../../../src/administration/administration.ts';
import { DEFAULT_SETTINGS } from '../../../src/events/mcpServer.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { runLines, serverSubject } from '../../views/serverView.ts';
import { answerServerChange } from '../../views/serverChange.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { warnOfLiterals } from '../../input/literalWarning.ts';
import { openSecretReader } from '../../input/secretValues.ts';
import { settingsWith, warnOfAddress, type ServerOptions } from './serverOptions.ts';

/** Registers a server. */
export async function addServer(cli: Cli, name: string, options: ServerOptions): Promise<void> {
  const settings = settingsWith(options, cli, DEFAULT_SETTINGS);
  const reader = openSecretReader(cli);
  const secrets = {
    headers: await reader.headers(options.header ?? []),
    env: await reader.variables(options.env ?? [], options.envFile),
  };
  const details = runLines(settings, Object.keys(secrets.env));
  const register = ({ servers }: Administration) => servers.register(name, { settings, secrets }, commandContext(cli));
  await cli.withStores(async ({ stores }) => {
    if (options.dryRun === true) {
      await answerDryRun(cli, serverSubject(name), stores, register, () => details);
      warnOfLiterals(cli.output, reader);
      return;
    }
    const result = await register(stores);
    const predicate = result.changed
      ? `is registered (try it: metamcp-cli servers test ${name})`
      : 'is registered like that already';
    await answerServerChange(cli, await requireServer(stores.db, name), result, predicate, details);
    warnOfAddress(cli, name, settings);
    warnOfLiterals(cli.output, reader);
  });
}
