/** The environment variable that clients take the key from. */
export const KEY_VARIABLE = 'METAMCP_KEY';

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

/** Writes the configuration of each well-known client for an endpoint of the gateway. The key itself is in none of them. */
export function clientConfigurations({ url, server }: ClientEndpoint): ClientConfiguration[] {
  const name = server ?? 'metamcp';
  const json = (value: object) => JSON.stringify(value);
  const bearer = (variable: string) => ({ Authorization: `Bearer ${variable}` });
  return [
    {
      client: 'Claude Code',
      where: undefined,
      // The shell fails when the variable is not set, instead of storing an empty key.
      text: `claude mcp add --transport http ${name} '${url}' --header "Authorization: Bearer \${${KEY_VARIABLE}:?}"`,
    },
    {
      client: 'Claude Code',
      where: '.mcp.json',
      text: json({ mcpServers: { [name]: { type: 'http', url, headers: bearer(`\${${KEY_VARIABLE}}`) } } }),
    },
    {
      client: 'Cursor',
      where: '~/.cursor/mcp.json',
      text: json({ mcpServers: { [name]: { url, headers: bearer(`\${env:${KEY_VARIABLE}}`) } } }),
    },
    {
      client: 'VS Code',
      where: '.vscode/mcp.json, asks for the key once',
      text: json({
        inputs: [{ type: 'promptString', id: 'metamcp-key', description: 'MetaMCP API key', password: true }],
        servers: { [name]: { type: 'http', url, headers: bearer('${input:metamcp-key}') } },
      }),
    },
    {
      client: 'Claude Desktop',
      where: 'claude_desktop_config.json, which can’t read variables: paste the key',
      text: json({
        mcpServers: {
          [name]: {
            command: 'npx',
            // No space after the colon: Claude Desktop on Windows breaks arguments with spaces apart.
            args: ['-y', 'mcp-remote', url, '--header', 'Authorization:${AUTH}'],
            env: { AUTH: 'Bearer PASTE_THE_KEY_HERE' },
          },
        },
      }),
    },
    {
      client: 'Codex',
      where: '~/.codex/config.toml',
      text: `[mcp_servers.${name}]\nurl = "${url}"\nbearer_token_env_var = "${KEY_VARIABLE}"`,
    },
  ];
}
