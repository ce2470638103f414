import { resolve } from 'node:path';
import { compileGrants } from '../../../src/access/grants.ts';
import { NotFound, Refused } from '../../../src/errors/appError.ts';
import { serverNameSchema } from '../../../src/events/mcpServer.ts';
import { effectiveAccess } from '../../../src/projections/tables/keyRoles.ts';
import type { Cli } from '../../cli.ts';
import { claudeCommand, GATEWAY_ENTRY } from '../../clients/clientConfiguration.ts';
import { CLIENTS, type Client, type Entry } from '../../clients/client.ts';
import type { ClientName } from '../../clients/clientNames.ts';
import { clientFile } from '../../clients/clientFile.ts';
import { configurationText } from '../../clients/configurationText.ts';
import { desktopVariableText } from '../../clients/desktopVariable.ts';
import { placesHere } from '../../clients/places.ts';
import { compareInstallation } from '../../gateway/otherInstallation.ts';
import { clientUrl, trustHint } from '../../gateway/endpoint.ts';
import { serverPages } from '../../stores/pages.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { shellWord } from '../../../src/shellWord.ts';
import { misuse } from '../../input/misuse.ts';
import { parseGatewayUrl } from './gateway.ts';
import { helperCommand } from './headers.ts';
import { writeEntries } from './write.ts';

export interface ConnectOptions {
  readonly server?: readonly string[];
  readonly key?: string;
  readonly url?: string;
  readonly write?: boolean;
  readonly file?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly headersHelper?: boolean;
  readonly keyFile?: string;
}

/** Shows or writes the configuration of a client. */
export async function connectClient(cli: Cli, name: ClientName, options: ConnectOptions): Promise<void> {
  check(name, options);
  const client = CLIENTS[name];
  const { base, trust, servers, warnIfOther } = await gatewayAndServers(cli, options);
  const urls =
    servers === undefined
      ? [[GATEWAY_ENTRY, `${base}/mcp`] as const]
      : servers.map((server) => [server, `${base}/mcp/${server}`] as const);
  const entries = Object.fromEntries(
    urls.map(([entry, url]) => [entry, entryOf(client, [entry, url], base, cli, options)]),
  );
  const allOf = servers === undefined ? base : undefined;
  const file = options.file === undefined ? clientFile(client, placesHere(cli)) : resolve(cli.cwd, options.file);
  if (options.write === true || options.dryRun === true) {
    await writeEntries(cli, { name, client, file, entries, allOf, next: nextOf(client, options, trust), options });
    await warnIfOther?.(cli.output);
    return;
  }
  const text = configurationText(client, entries, 2);
  const commands =
    name === 'claude-code' && options.headersHelper !== true
      ? ['', 'Or, in a shell:', ...urls.map(([entry, url]) => claudeCommand(entry, url))]
      : [];
  await cli.output.answer({ client: name, file, servers: Object.keys(entries), written: false, text }, () =>
    [
      text,
      '',
      `It belongs into ${file}; to have it written there: metamcp-cli connect ${name}${options.url === undefined ? '' : ` --url ${shellWord(base)}`} --write`,
      ...commands,
      '',
      nextOf(client, options, trust),
    ].join('\n'),
  );
  await warnIfOther?.(cli.output);
}

/** Says what is left to do. */
function nextOf(
  { next, isDesktop }: Client,
  { headersHelper, keyFile }: ConnectOptions,
  trust: string | undefined,
): string {
  const key = headersHelper === true && keyFile !== undefined ? `The helper takes the key from ${keyFile}.` : next;
  const desktop = isDesktop === true ? desktopVariableText(process.platform) : undefined;
  return [key, desktop, trust].filter((line) => line !== undefined).join('\n');
}

function check(
  name: ClientName,
  { headersHelper = false, keyFile, write = false, yes = false, dryRun = false }: ConnectOptions,
): void {
  if (headersHelper && name !== 'claude-code') throw misuse('Only Claude Code has helpers for headers.');
  if (keyFile !== undefined && !headersHelper) throw misuse('--key-file goes with --headers-helper.');
  if (yes && !write) throw misuse('--yes goes with --write.');
  if (yes && dryRun) throw misuse('--yes and --dry-run exclude each other.');
}

function entryOf(
  client: Client,
  [name, url]: readonly [name: string, url: string],
  base: string,
  cli: Cli,
  { headersHelper = false, keyFile }: ConnectOptions,
): Entry {
  if (!headersHelper) return client.entry(url, name);
  return {
    type: 'http',
    url,
    headersHelper: helperCommand(cli, base, keyFile === undefined ? undefined : resolve(cli.cwd, keyFile)),
  };
}

interface GatewayAndServers {
  readonly base: string;
  readonly trust?: string | undefined;
  readonly servers: readonly string[] | undefined;
  /** Undefined: no stores were opened. */
  readonly warnIfOther?: ReturnType<typeof compareInstallation>;
}

/**
 * Finds the gateway, and the servers that are asked for by name: in the stores, unless the options say enough. Undefined: all of
 * them, at one URL. @throws Refused `no-servers`; NotFound
 */
async function gatewayAndServers(cli: Cli, options: ConnectOptions): Promise<GatewayAndServers> {
  const { server: names, key, url } = options;
  const wrong = names?.find((name) => !serverNameSchema.safeParse(name).success);
  if (wrong !== undefined)
    throw new NotFound('server-not-found', 'There is no such server. See: metamcp-cli servers list');
  const base = url === undefined ? undefined : parseGatewayUrl(url);
  if (base !== undefined && key === undefined) return { base, servers: names };
  return cli.withStores(async ({ stores, settings }) => {
    const { db } = stores;
    const warnIfOther = compareInstallation({ stores, settings }, { url: base });
    const grants = key === undefined ? undefined : compileGrants(effectiveAccess(await resolveKey(db, key)).grants);
    const usable: string[] = [];
    for await (const page of serverPages(db)) {
      for (const { name, status } of page) {
        if (names === undefined ? status === 'enabled' : names.includes(name)) usable.push(name);
      }
    }
    const missing = names?.find((name) => !usable.includes(name));
    if (missing !== undefined)
      throw new NotFound('server-not-found', `There is no server ${missing}. See: metamcp-cli servers list`);
    const servers = usable.filter((name) => grants === undefined || grants.forServer(name) !== undefined);
    if (servers.length === 0) {
      const reason =
        usable.length === 0
          ? 'No server is enabled. Register one: metamcp-cli servers add NAME --url URL, or -- COMMAND'
          : 'The key may use none of the servers.';
      throw new Refused('no-servers', reason);
    }
    return {
      base: base ?? clientUrl(settings),
      trust: base === undefined ? trustHint(settings) : undefined,
      servers: names === undefined ? undefined : servers,
      warnIfOther,
    };
  });
}
