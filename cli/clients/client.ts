import { GATEWAY_KEY } from '../../src/settings/variables.ts';
import { inHome, inProject, inSettings, type Places } from './places.ts';

export const CLIENT_NAMES = [
  'claude-code',
  'claude-desktop',
  'cursor',
  'vscode',
  'codex',
  'gemini-cli',
  'windsurf',
] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

/** The environment variable that clients take the key from. */
export const KEY_VARIABLE = GATEWAY_KEY;

export type Entry = Readonly<Record<string, unknown>>;

/** A well-known client, and how servers are written into its configuration. */
export interface Client {
  readonly title: string;
  /** The file or the place in the client, in a few words. */
  readonly where: string;
  readonly file: (places: Places) => string;
  readonly format: 'json' | 'toml';
  /** The member of the file that holds the servers. */
  readonly member: string;
  readonly entry: (url: string) => Entry;
  /** What else the file must have: an item of the array of that name, known by its id. */
  readonly input?: { readonly id: string } & Entry;
  /** What is left to do. */
  readonly next: string;
}

const fromEnvironment = `Clients take the key from the environment: read -rs ${KEY_VARIABLE} && export ${KEY_VARIABLE}`;
const bearer = (variable: string) => ({ Authorization: `Bearer ${variable}` });

/** Checked against each client's documentation, 2026-11. */
export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  'claude-code': {
    title: 'Claude Code',
    where: '.mcp.json',
    file: (places) => inProject(places, '.mcp.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ type: 'http', url, headers: bearer(`\${${KEY_VARIABLE}}`) }),
    next: fromEnvironment,
  },
  cursor: {
    title: 'Cursor',
    where: '~/.cursor/mcp.json',
    file: (places) => inHome(places, '.cursor', 'mcp.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ url, headers: bearer(`\${env:${KEY_VARIABLE}}`) }),
    next: fromEnvironment,
  },
  vscode: {
    title: 'VS Code',
    where: '.vscode/mcp.json, asks for the key once',
    file: (places) => inProject(places, '.vscode', 'mcp.json'),
    format: 'json',
    member: 'servers',
    entry: (url) => ({ type: 'http', url, headers: bearer('${input:metamcp-key}') }),
    input: { type: 'promptString', id: 'metamcp-key', description: 'MetaMCP API key', password: true },
    next: 'VS Code asks for the key when it first starts a server.',
  },
  'claude-desktop': {
    title: 'Claude Desktop',
    where: 'claude_desktop_config.json, which can’t read variables: paste the key',
    file: (places) => inSettings(places, 'Claude', 'claude_desktop_config.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({
      command: 'npx',
      // No space after the colon: Claude Desktop on Windows breaks arguments with spaces apart.
      args: ['-y', 'mcp-remote', url, '--header', 'Authorization:${AUTH}'],
      env: { AUTH: 'Bearer PASTE_THE_KEY_HERE' },
    }),
    next: 'Claude Desktop can’t read variables: put the key in the place of PASTE_THE_KEY_HERE, then start it anew.',
  },
  codex: {
    title: 'Codex',
    where: '~/.codex/config.toml',
    file: (places) => {
      const folder = places.env['CODEX_HOME'];
      return folder === undefined
        ? inHome(places, '.codex', 'config.toml')
        : inProject({ ...places, cwd: folder }, 'config.toml');
    },
    format: 'toml',
    member: 'mcp_servers',
    entry: (url) => ({ url, bearer_token_env_var: KEY_VARIABLE }),
    next: fromEnvironment,
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    where: '~/.gemini/settings.json',
    file: (places) => inHome(places, '.gemini', 'settings.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ httpUrl: url, headers: bearer(`\${${KEY_VARIABLE}}`) }),
    next: fromEnvironment,
  },
  windsurf: {
    title: 'Windsurf',
    where: '~/.codeium/windsurf/mcp_config.json',
    file: (places) => inHome(places, '.codeium', 'windsurf', 'mcp_config.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ serverUrl: url, headers: bearer(`\${env:${KEY_VARIABLE}}`) }),
    next: fromEnvironment,
  },
};

/** Writes what to put into a client's file for servers, by the name of each. */
export function configurationText(client: Client, entries: Readonly<Record<string, Entry>>, indent?: number): string {
  if (client.format === 'toml') {
    const tables = Object.entries(entries).map(([name, entry]) =>
      [
        `[${client.member}.${name}]`,
        ...Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
      ].join('\n'),
    );
    return tables.join('\n\n');
  }
  const inputs = client.input === undefined ? {} : { inputs: [client.input] };
  return JSON.stringify({ ...inputs, [client.member]: entries }, undefined, indent);
}
