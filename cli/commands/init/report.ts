import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { join } from 'node:path';
import type { IssuedKey } from '../../../src/administration/apiKeys.ts';
import { present } from '../../../src/administration/present.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import type { Cli } from '../../cli.ts';
import { CLIENTS, KEY_VARIABLE } from '../../clients/client.ts';
import type { ClientName } from '../../clients/clientNames.ts';
import { clientFile } from '../../clients/clientFile.ts';
import { configurationText } from '../../clients/configurationText.ts';
import { placesHere } from '../../clients/places.ts';
import { escape } from '../../../src/escape.ts';
import { GATEWAY_ENTRY } from '../../clients/clientConfiguration.ts';
import { endpointUrl } from '../../gateway/endpoint.ts';
import { gatewayUrl } from '../../gateway/gatewayUrl.ts';
import type { Output } from '../../output/output.ts';
import { formatRecord } from '../../output/record.ts';
import { keyTitle } from '../../views/keyView.ts';
import { warnOfUnconfirmed } from '../../views/enforcement.ts';
import type { Check } from './check.ts';
import type { Existing } from './existing.ts';

export interface MadeServer {
  readonly name: string;
  readonly url: string | null;
  readonly enabled: boolean;
  /** False: it was there. */
  readonly made: boolean;
  readonly unconfirmed?: readonly string[];
}

export interface InitReport {
  readonly settings: Settings;
  readonly servers: readonly MadeServer[];
  /** Undefined: there was one. */
  readonly key: IssuedKey | undefined;
  readonly existing: Existing;
  readonly clients: readonly ClientName[];
  /** A sentence: why there was no check. */
  readonly check: Check | string;
  /** Whether a gateway answers where the settings have one. */
  readonly runs: boolean;
}

interface ClientText {
  readonly client: ClientName;
  readonly file: string;
  readonly text: string;
}

/** Answers with what is there now, what of it is new, and how to go on. */
export async function answerInit(cli: Cli, report: InitReport): Promise<void> {
  const { settings, servers, key, existing, check } = report;
  const clients = clientTexts(cli, report);
  const unconfirmed = [...new Set([...servers.flatMap((each) => each.unconfirmed ?? []), ...(key?.unconfirmed ?? [])])];
  const document = {
    node: process.versions.node,
    embedded: settings.databaseUrl === undefined,
    ...(settings.databaseUrl === undefined ? { home: settings.home } : {}),
    event_store: settings.eventStoreUrl === undefined ? 'postgres' : 'eventstoredb',
    secrets: secretPlaces(settings),
    gateway: gatewayUrl(settings),
    servers: servers.map(({ name, url, enabled, made }) => ({ name, ...present({ url }), enabled, made })),
    keys: existing.keys.length + (key === undefined ? 0 : 1),
    ...(key === undefined
      ? {}
      : { key: { id: key.id, name: key.name, api_key: key.apiKey, ...present({ pending: key.pending }) } }),
    clients,
    check: typeof check === 'string' ? { skipped: check } : check,
    unconfirmed,
  };
  await cli.output.answer(document, () => formatReport(cli.output, report, clients));
  warnOfUnconfirmed(cli.output, { unconfirmed });
}

function clientTexts(cli: Cli, { settings, servers, clients }: InitReport): ClientText[] {
  const isUsable = servers.some(({ enabled }) => enabled);
  return clients.map((name) => {
    const client = CLIENTS[name];
    const entries = isUsable ? { [GATEWAY_ENTRY]: client.entry(endpointUrl(settings), GATEWAY_ENTRY) } : {};
    return {
      client: name,
      file: clientFile(client, placesHere(cli)),
      text: configurationText(client, entries, 2),
    };
  });
}

/** Where the secrets are that can't be replaced. */
function secretPlaces({ home, encryptionKey, jwtSecret }: Settings): string[] {
  const variables = [
    ...(encryptionKey === undefined ? [] : ['ENCRYPTION_KEY']),
    ...(jwtSecret === undefined ? [] : ['JWT_SECRET']),
  ];
  return variables.length === 2 ? variables : [...variables, join(home, 'secrets.json')];
}

function formatReport({ paint, width }: Output, report: InitReport, clients: readonly ClientText[]): string {
  const { settings, servers, key, existing } = report;
  const secrets = secretPlaces(settings);
  const rule = paint('dim', '─'.repeat(Math.min(key?.apiKey.length ?? 0, width)));
  const embedded = settings.databaseUrl === undefined;
  const inDatabase = settings.eventStoreUrl === undefined;
  return [
    formatRecord(
      [
        ['Database', embedded ? `PostgreSQL of its own, in ${escape(settings.home)}` : 'DATABASE_URL'],
        ['Events', inDatabase ? 'in the same database' : 'EventStoreDB, at EVENT_STORE_URL'],
        ['Secrets', escape(secrets.join(', '))],
        [
          'Back up',
          [
            embedded ? `all of ${escape(settings.home)}, while nothing runs` : 'the database',
            ...(inDatabase ? [] : ['then EventStoreDB (docs/eventstoredb.md)']),
            ...(embedded ? [] : ['and the secrets apart from it']),
          ].join(', '),
        ],
        [
          'Servers',
          servers.length === 0
            ? 'none yet: metamcp-cli servers add NAME --url URL'
            : servers.map(serverText).join(', '),
        ],
        ['Keys', key === undefined ? `${existing.keys.length}, nothing new` : `${keyTitle(key)}, new`],
        ['Check', checkText(report.check)],
      ],
      paint,
    ),
    ...(key === undefined
      ? []
      : [
          `${rule}\n${paint('bold', key.apiKey)}\n${rule}`,
          'The key is shown this once. Keep it where you keep passwords.\n' +
            `Clients take it from the environment: read -rs ${KEY_VARIABLE} && export ${KEY_VARIABLE}`,
        ]),
    ...clients.map(({ client, file, text }) => `${paint('bold', CLIENTS[client].title)} (${escape(file)})\n${text}`),
    startText(report),
  ].join('\n\n');
}

function serverText({ name, made, enabled }: MadeServer): string {
  return `${name}${made ? ', new' : enabled ? '' : ' (disabled)'}`;
}

function checkText(check: Check | string): string {
  if (typeof check === 'string') return `left out. ${check}`;
  const { ok, gateway, server, tools, tool, arguments: args = {}, answer = '', failure } = check;
  if (!ok) return `failed at ${server}: ${escape(failure ?? '')}${answer === '' ? '' : ` ${answer}`}`;
  const through = gateway === 'running' ? 'the gateway' : 'a gateway that ran for the check alone';
  const called =
    tool === undefined
      ? 'none may be called unasked (--check-tool NAME)'
      : `${escape(`${tool} ${JSON.stringify(args)}`)} answered: ${answer}`;
  return `passed, through ${through}: ${server} has ${tools ?? 0} tools, and ${called}`;
}

function startText({ settings, runs }: InitReport): string {
  return runs
    ? `The gateway runs at ${gatewayUrl(settings)}.`
    : `Start the gateway for good: ${GATEWAY_HERE}. It will be at ${gatewayUrl(settings)}.`;
}
