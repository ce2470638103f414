import { existsSync } from 'node:fs';
import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import { AppError, Refused } from '../../../src/errors/appError.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { DEFAULT_GRANTS, DEFAULT_SCOPES } from '../../../src/commands/apiKey.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { KEY_VARIABLE } from '../../clients/client.ts';
import type { ClientName } from '../../clients/clientNames.ts';
import { escape } from '../../../src/escape.ts';
import { onInterruption } from '../../input/interruption.ts';
import { confirm, isInteractive } from '../../input/prompt.ts';
import { warnOfLiterals } from '../../input/literalWarning.ts';
import { compareInstallation } from '../../gateway/otherInstallation.ts';
import { openSecretReader } from '../../input/secretValues.ts';
import { misuse } from '../../input/misuse.ts';
import { probeServer } from '../../upstream/serverProbe.ts';
import { checkCall, gatewayRuns, type Check } from './check.ts';
import { readExisting, type Existing } from './existing.ts';
import { askForSetup, DEFAULT_KEY_NAME } from './questions.ts';
import { answerInit, type MadeServer } from './report.ts';
import { inputOf, liveServerOf, parseServer, type Setup, type NewServer } from './setup.ts';

export interface InitOptions {
  readonly server?: readonly string[];
  readonly header?: readonly string[];
  readonly keyName?: string;
  readonly client?: readonly ClientName[];
  readonly checkTool?: string;
  readonly skipTest?: boolean;
  readonly skipCheck?: boolean;
  readonly yes?: boolean;
}

/** Makes what is missing for a working set-up, and checks that it works. @throws Refused `check-failed`, after the answer */
export async function initialize(cli: Cli, options: InitOptions): Promise<void> {
  const mayAsk = options.yes !== true;
  if (mayAsk && (cli.output.json || !isInteractive(cli))) {
    throw misuse('Nobody can be asked here: add --yes, and --server NAME=URL for a first server.');
  }
  const flags = await setupOf(cli, options);
  if (mayAsk) await agreeOnStores(cli);
  await cli.withStores(async ({ stores, settings }) => {
    const warnIfOther = compareInstallation({ stores, settings });
    const existing = await readExisting(stores);
    const setup = mayAsk
      ? await askForSetup(cli, { ...flags, hasClients: options.client !== undefined }, existing)
      : flags;
    const missing = await missingServers(cli, setup, existing, { mayAsk, skipTest: options.skipTest === true });

    // From here on there are no questions, so that nothing is left half done.
    const servers = await makeServers(cli, stores, setup, existing, missing);
    const key = await makeKey(cli, stores, setup, existing);
    using interruption = onInterruption();
    const check = await checkThrough(cli, {
      stores,
      settings,
      options,
      servers,
      key,
      existing,
      signal: interruption.signal,
    });
    const runs =
      typeof check === 'object' ? check.gateway === 'running' : await gatewayRuns(settings, interruption.signal);
    await answerInit(cli, { settings, servers, key, existing, clients: setup.clients, check, runs });
    await warnIfOther(cli.output);
    if (typeof check === 'object' && !check.ok) {
      throw new Refused(
        'check-failed',
        `Everything is made, but the check failed: ${check.failure ?? 'no reason given'}`,
      );
    }
  });
}

/** What the options ask for. */
async function setupOf(cli: Cli, { server = [], header = [], keyName, client = [] }: InitOptions): Promise<Setup> {
  if (header.length > 0 && server.length !== 1) throw misuse('--header goes with one --server.');
  const reader = openSecretReader(cli);
  const headers = await reader.headers(header);
  warnOfLiterals(cli.output, reader);
  const servers = server.map((text) => parseServer(text, headers));
  if (new Set(servers.map(({ name }) => name)).size < servers.length) throw misuse('Two servers have the same name.');
  return { servers, keyName, clients: client };
}

/** The embedded database makes a folder, which is to surprise no user. */
async function agreeOnStores(cli: Cli): Promise<void> {
  const { databaseUrl, home } = await cli.readSettings();
  if (databaseUrl !== undefined || existsSync(home)) return;
  const question = `Keep everything in ${escape(home)}, with a PostgreSQL of its own?`;
  if (await confirm(cli, question, true)) return;
  throw new Refused(
    'not-confirmed',
    'Nothing was made. Set METAMCP_HOME to another folder, or DATABASE_URL to a PostgreSQL of yours.',
  );
}

/** Tests the servers that are not there yet. @throws Refused `server-exists`, or why one does not answer */
async function missingServers(
  cli: Cli,
  { servers }: Setup,
  existing: Existing,
  { mayAsk, skipTest }: { readonly mayAsk: boolean; readonly skipTest: boolean },
): Promise<NewServer[]> {
  const missing = servers.filter((server) => {
    const known = existing.servers.find(({ name }) => name === server.name);
    if (known !== undefined && known.url !== server.url) {
      throw new Refused(
        'server-exists',
        `There is another server ${server.name} already; it stays as it is. ` +
          `To make one of another name: --server NAME=URL. To move it: metamcp-cli servers update ${server.name} --url URL`,
      );
    }
    return known === undefined;
  });
  for (const server of skipTest ? [] : missing) {
    try {
      await probeServer(liveServerOf(server));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!mayAsk) throw error;
      const question = `${escape(error.message)}\nRegister ${server.name} nevertheless?`;
      if (!(await confirm(cli, question, false))) throw new Refused('not-confirmed', 'Nothing was changed.');
    }
  }
  return missing;
}

async function makeServers(
  cli: Cli,
  { servers }: Stores,
  setup: Setup,
  existing: Existing,
  missing: readonly NewServer[],
): Promise<MadeServer[]> {
  const made: MadeServer[] = existing.servers.map(({ name, url, status }) => ({
    name,
    url,
    enabled: status === 'enabled',
    made: false,
  }));
  for (const server of missing) {
    const { unconfirmed } = await servers.register(server.name, inputOf(server), commandContext(cli));
    made.push({ name: server.name, url: server.url, enabled: true, made: true, unconfirmed });
  }
  // Those of the setup come first: the check goes through the first one.
  const names = setup.servers.map(({ name }) => name);
  return made.toSorted((a, b) => Number(names.includes(b.name)) - Number(names.includes(a.name)));
}

/** A key of that name that works is good enough; without a name any key is. */
async function makeKey(
  cli: Cli,
  { keys }: Stores,
  { keyName }: Setup,
  existing: Existing,
): Promise<IssuedKey | undefined> {
  const isThere = keyName === undefined ? existing.keys.length > 0 : existing.keys.some(({ name }) => name === keyName);
  if (isThere) return undefined;
  const access = { scopes: DEFAULT_SCOPES, grants: DEFAULT_GRANTS };
  return keys.create({ name: keyName ?? DEFAULT_KEY_NAME, ...access }, commandContext(cli));
}

interface CheckOptions {
  readonly stores: Stores;
  readonly settings: Settings;
  readonly options: InitOptions;
  readonly servers: readonly MadeServer[];
  readonly key: IssuedKey | undefined;
  readonly existing: Existing;
  readonly signal: AbortSignal;
}

/** The new key must be shown in any case, so a failure of the check is a finding. @returns the finding, or why there is no check */
async function checkThrough(
  cli: Cli,
  { stores, settings, options, servers, key, signal }: CheckOptions,
): Promise<Check | string> {
  const server = servers.find(({ enabled }) => enabled);
  const apiKey = key?.apiKey ?? cli.env[KEY_VARIABLE];
  if (options.skipCheck === true) return 'It was not asked for.';
  if (server === undefined) return 'There is no server yet.';
  if (apiKey === undefined || apiKey === '')
    return `The key is known to its owner alone: set ${KEY_VARIABLE} to have it checked.`;
  try {
    return await checkCall({ stores, settings, apiKey, server: server.name, tool: options.checkTool, signal });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, gateway: 'temporary', url: '', server: server.name, failure: error.message };
  }
}
