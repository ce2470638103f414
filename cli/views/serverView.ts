import type { CheckedCredential } from '../../src/administration/credentialFaults.ts';
import { serverId } from '../../src/administration/serverId.ts';
import type { PlainSettings } from '../../src/administration/serverInput.ts';
import { serverDocument } from '../../src/administration/serverDocument.ts';
import type { McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import type { ServerSecrets } from '../../src/vault/serverSecrets.ts';
import { shellWord } from '../../src/shellWord.ts';
import { formatDuration } from '../../src/events/duration.ts';
import { formatSize } from '../output/size.ts';
import { escape } from '../../src/escape.ts';
import type { Subject } from './dryRun.ts';
import { credentialText, formatTime, keyTitle, listed } from './keyView.ts';
import type { Field } from '../output/record.ts';
import { unusableText } from './unusableText.ts';

/** The names of what a server gets in secret; the values are never shown. */
export interface SecretNames {
  readonly headers: readonly string[];
  readonly env: readonly string[];
}

/** Keeps the names of secrets. */
export function secretNames({ headers, env }: ServerSecrets): SecretNames {
  return { headers: Object.keys(headers), env: Object.keys(env) };
}

/** Shows a server in JSON, with its revision. */
export function serverJson(row: McpServerRow): object {
  return { ...serverDocument(row), revision: row.revision };
}

/** Names a server as what a change would be made to. */
export function serverSubject(name: string): Subject {
  return { what: `The server ${escape(name)}`, members: { id: serverId(name), name } };
}

/** Where a server is: its URL, or its command. */
export function serverAddress({ url, command, args }: Pick<McpServerRow, 'url' | 'command' | 'args'>): string {
  return escape(url ?? commandText(command ?? '', args ?? []));
}

/** Writes a command line as it would be typed, not escaped. */
export function commandText(command: string, args: readonly string[]): string {
  return [command, ...args].map(shellWord).join(' ');
}

/** Tells what the gateway will run for a server, and where: lines; none for a server with a URL. */
export function runLines({ command, args, cwd }: PlainSettings, env: readonly string[]): string[] {
  if (command === undefined) return [];
  const address = serverAddress({ url: null, command, args: args ?? null });
  return [
    `The gateway will run, as the user that it runs as: ${address}`,
    `in the folder ${folderText(cwd)}`,
    ...(env.length === 0 ? [] : [`with the variables ${env.map(escape).join(', ')} (values hidden)`]),
  ];
}

/** Where a program runs: in no folder that depends on how the gateway was started. */
export function folderText(cwd: string | null | undefined): string {
  return typeof cwd === 'string' ? escape(cwd) : '/ (none is configured)';
}

const ON_TOOL_CHANGE = {
  allow: 'allowed',
  flag: 'marked in lists until they are approved',
  hold: 'withheld until they are approved',
} as const;

/** Shows a server’s fields to people. */
export function serverFields(row: McpServerRow, secrets: SecretNames): Field[] {
  const { connectMs, idleMs, totalMs, idleStopMs } = row.timeouts;
  const { maxInFlight, memoryBytes, openFiles, processes, restarts, rates } = row.limits;
  return [
    ['Name', row.name],
    ['ID', row.id],
    ['Title', row.title === null ? undefined : escape(row.title)],
    ['Description', row.description === null ? undefined : escape(row.description)],
    ['Status', row.fault === null ? row.status : unusableText(row.fault)],
    ['Transport', row.transport],
    [row.url === null ? 'Command' : 'URL', serverAddress(row)],
    ['Folder', row.transport === 'stdio' ? folderText(row.cwd) : undefined],
    ['Headers', hidden(secrets.headers)],
    ['Environment', hidden(secrets.env)],
    ['Isolation', row.isolation],
    ['Changed tools', row.onToolChange === null ? undefined : ON_TOOL_CHANGE[row.onToolChange]],
    [
      'Time-outs',
      [['connect', connectMs] as const, ['idle', idleMs] as const, ['total', totalMs] as const]
        .map(([name, ms]) => `${name} ${formatDuration(ms)}`)
        .join(', '),
    ],
    ['Calls at once', String(maxInFlight)],
    ['Limits', rates?.join(', ')],
    ['Memory', memoryBytes === undefined ? undefined : `${formatSize(memoryBytes)} for each process`],
    ['Open files', openFiles === undefined ? undefined : `${String(openFiles)} for each process`],
    ['Processes', processes === undefined ? undefined : `${String(processes)} of the gateway’s user`],
    ['Restarts', restarts === undefined ? undefined : `given up after ${String(restarts)} in a row`],
    ['Stopped', idleStopMs === undefined ? undefined : `when unused for ${formatDuration(idleStopMs)}`],
    ['Created', formatTime(row.createdAt)],
    ['Changed', formatTime(row.updatedAt)],
  ];
}

/** Shows what a server gets for single keys, a field for each key. */
export function credentialFields(credentials: readonly CheckedCredential[]): Field[] {
  return credentials.map(({ keyId, keyName, fault, ...names }) => [
    'For a key',
    `${keyTitle({ id: keyId, name: keyName })}: ${credentialText(names, fault)}`,
  ]);
}

function hidden(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${listed(names)} (values hidden)`;
}
