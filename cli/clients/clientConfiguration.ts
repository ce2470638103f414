import { CLIENTS, configurationText, KEY_VARIABLE, type ClientName } from './client.ts';

/** What to paste into one client. */
export interface ClientConfiguration {
  readonly client: string;
  /** The file, where it goes into one. */
  readonly where: string | undefined;
  readonly text: string;
}

/** The name of the entry of all servers in a client’s file. */
export const GATEWAY_ENTRY = 'metamcp';

/** Shown with a new key; the others are to be had with `connect`. */
const SHOWN: readonly ClientName[] = ['claude-code', 'cursor', 'vscode', 'claude-desktop', 'codex'];

/** Writes the configuration of each well-known client for the URL of all servers. The key itself is in none of them. */
export function clientConfigurations(url: string): ClientConfiguration[] {
  const name = GATEWAY_ENTRY;
  return [
    { client: 'Claude Code', where: undefined, text: claudeCommand(name, url) },
    ...SHOWN.map((each) => {
      const client = CLIENTS[each];
      const { title, where, entry } = client;
      return { client: title, where, text: configurationText(client, { [name]: entry(url) }) };
    }),
  ];
}

/** The command that adds a server to Claude Code: the shell fails without the variable, instead of storing no key. */
export function claudeCommand(name: string, url: string): string {
  return `claude mcp add --transport http ${name} '${url}' --header "Authorization: Bearer \${${KEY_VARIABLE}:?}"`;
}
