import { CLIENTS, configurationText, KEY_VARIABLE, type ClientName } from './client.ts';

/** What to paste into one client. */
export interface ClientConfiguration {
  readonly client: string;
  /** The file, where it goes into one. */
  readonly where: string | undefined;
  readonly text: string;
}

/** Where a client connects. */
export interface ClientEndpoint {
  readonly url: string;
  /** The server in it; undefined when it is still to be chosen. */
  readonly server: string | undefined;
}

/** Shown with a new key; the others are to be had with `connect`. */
const SHOWN: readonly ClientName[] = ['claude-code', 'cursor', 'vscode', 'claude-desktop', 'codex'];

/** Writes the configuration of each well-known client for an endpoint of the gateway. The key itself is in none of them. */
export function clientConfigurations({ url, server }: ClientEndpoint): ClientConfiguration[] {
  const name = server ?? 'metamcp';
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
