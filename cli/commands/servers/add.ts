import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { serverSubject } from '../../serverView.ts';
import { answerServerChange } from '../../serverChange.ts';
import { requireServer } from '../../requireServer.ts';
import { readHeaders, readVariables } from '../../secretValues.ts';
import { settingsWith, type ServerOptions } from './serverOptions.ts';

const DEFAULTS = {
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const;

/** Registers a server. */
export async function addServer(cli: Cli, name: string, options: ServerOptions): Promise<void> {
  const settings = settingsWith(options, cli.commandLine, DEFAULTS);
  const { header = [], env = [] } = options;
  const secrets = { headers: await readHeaders(header, cli), env: readVariables(env, cli) };
  await cli.withStores(async ({ stores: { db, servers, foresight } }) => {
    if (options.dryRun === true) {
      return answerForeseen(cli, serverSubject(name), await foresight.registration(name, { settings, secrets }));
    }
    const settled = await servers.register(name, { settings, secrets }, commandContext());
    const said = settled.changed
      ? `is registered (try it: metamcp-cli servers test ${name})`
      : 'is registered like that already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}
