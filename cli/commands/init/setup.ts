import { serverId } from '../../../src/administration/serverId.ts';
import { checkServerInput, type ServerInput } from '../../../src/administration/serverInput.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { DEFAULT_SETTINGS } from '../../../src/events/mcpServer.ts';
import { misuse } from '../../input/misuse.ts';
import type { ClientName } from '../../clients/clientNames.ts';

/** A server to be registered, unless it is there. */
export interface NewServer {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is to be there in the end; nothing of it is done yet. */
export interface Setup {
  readonly servers: readonly NewServer[];
  /** Undefined: a key of the default name, if there is none at all. */
  readonly keyName: string | undefined;
  readonly clients: readonly ClientName[];
}

/** Reads `--server NAME=URL`. @throws Invalid `usage` */
export function parseServer(text: string, headers: Readonly<Record<string, string>>): NewServer {
  const equals = text.indexOf('=');
  if (equals < 1) throw misuse('A server is written NAME=URL.');
  const server = { name: text.slice(0, equals).trim(), url: text.slice(equals + 1).trim(), headers };
  checkServer(server);
  return server;
}

/** @throws Invalid, as registering it would */
export function checkServer(server: NewServer): void {
  checkServerInput(server.name, inputOf(server));
}

/** The settings of a new server: everything else is left at its default. */
export function inputOf({ url, headers }: NewServer): ServerInput {
  return {
    settings: { transport: 'http', url, ...DEFAULT_SETTINGS },
    secrets: { headers: { ...headers }, env: {} },
  };
}

/** The server as a gateway would hold it, to be tested before it is saved. */
export function liveServerOf({ name, url, headers }: NewServer): LiveServer {
  return {
    name,
    id: serverId(name),
    enabled: true,
    transport: 'http',
    url: new URL(url),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value])),
    timeouts: DEFAULT_SETTINGS.timeouts,
    limits: DEFAULT_SETTINGS.limits,
    revision: 0,
  };
}
