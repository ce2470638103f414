import { CLIENTS, FROM_ENVIRONMENT, KEY_VARIABLE } from './client.ts';
import { CLIENT_NAMES, type ClientName } from './clientNames.ts';
import { clientFile } from './clientFile.ts';
import { configurationText } from './configurationText.ts';
import type { Places } from './places.ts';

/** What to paste into one client. */
export interface ClientConfiguration {
  /** Undefined: it is a command, and belongs into no file. */
  readonly name?: ClientName;
  readonly client: string;
  /** The file, where it goes into one. */
  readonly where: string | undefined;
  readonly text: string;
  /** What is left to do. */
  readonly next: string;
}

/** The name of the entry of all servers in a client’s file. */
export const GATEWAY_ENTRY = 'metamcp';

/**
 * Writes the configuration of each well-known client for the URL of all servers. The key itself is in none of them.
 * @param places of the machine at hand (Default: files are named as on Linux)
 */
export function clientConfigurations(url: string, places?: Places): ClientConfiguration[] {
  return [
    { client: 'Claude Code', where: undefined, text: claudeCommand(GATEWAY_ENTRY, url), next: FROM_ENVIRONMENT },
    ...CLIENT_NAMES.map((name) => {
      const client = CLIENTS[name];
      const { title, where, entry, next } = client;
      const text = configurationText(client, { [GATEWAY_ENTRY]: entry(url, GATEWAY_ENTRY) }, 2);
      return { name, client: title, where: places === undefined ? where : clientFile(client, places), text, next };
    }),
  ];
}

/** The command that adds a server to Claude Code: the shell fails without the variable, instead of storing no key. */
export function claudeCommand(name: string, url: string): string {
  return `claude mcp add --transport http ${name} '${url}' --header "Authorization: Bearer \${${KEY_VARIABLE}:?}"`;
}
