import type { Administration } from '../../../src/administration/administration.ts';
import type { ServerCommandResult } from '../../../src/administration/mcpServers.ts';
import { reviseSecrets } from '../../../src/administration/secretRevision.ts';
import type { ServerInput, ServerRevision } from '../../../src/administration/serverInput.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { runLines, serverSubject } from '../../views/serverView.ts';
import { answerServerChange } from '../../views/serverChange.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { warnOfLiterals } from '../../input/literalWarning.ts';
import { openSecretReader } from '../../input/secretValues.ts';
import { misuse } from '../../input/misuse.ts';
import { settingsWith, warnOfAddress, type ServerOptions } from './serverOptions.ts';

export interface UpdateServerOptions extends ServerOptions {
  readonly removeHeader?: readonly string[];
  readonly removeEnv?: readonly string[];
  readonly reason?: string;
}

/** Changes a server's settings. */
export async function updateServer(cli: Cli, name: string, options: UpdateServerOptions): Promise<void> {
  const { removeHeader = [], removeEnv = [] } = options;
  if (
    Object.keys(options).every((option) => option === 'dryRun' || option === 'reason') &&
    cli.commandLine === undefined
  ) {
    throw misuse('Say what to change. See: metamcp-cli servers update --help');
  }
  const reader = openSecretReader(cli);
  const headers = await reader.headers(options.header ?? []);
  const env = await reader.variables(options.env ?? [], options.envFile);
  await cli.withStores(async ({ stores }) => {
    const revise = ({ settings, secrets }: ServerInput): ServerRevision => ({
      settings: settingsWith(options, cli, settings),
      ...reviseSecrets(secrets, { set: { headers, env }, remove: { headers: removeHeader, env: removeEnv } }),
    });
    const { reason, dryRun = false } = options;
    const update = ({ servers }: Administration) => servers.update(name, revise, commandContext(cli), { reason });
    // What stays needs no telling.
    const isRunAnew = cli.commandLine !== undefined || options.cwd !== undefined;
    const detailsOf = ({ settings }: ServerCommandResult) => (isRunAnew ? runLines(settings, Object.keys(env)) : []);
    if (dryRun) {
      await answerDryRun(cli, serverSubject(name), stores, update, detailsOf);
      warnOfLiterals(cli.output, reader);
      return;
    }
    const result = await update(stores);
    const predicate = result.changed ? 'is updated' : 'is like that already';
    await answerServerChange(cli, await requireServer(stores.db, name), result, predicate, detailsOf(result));
    if (cli.commandLine !== undefined || options.url !== undefined) warnOfAddress(cli, name, result.settings);
    warnOfLiterals(cli.output, reader);
  });
}
