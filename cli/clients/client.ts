import { GATEWAY_KEY } from '../../src/settings/variables.ts';
import type { ClientName } from './clientNames.ts';
import { inConfig, inHome, inNamed, inProject, inSettings, type Places } from './places.ts';

/** The environment variable that clients take the key from. */
export const KEY_VARIABLE = GATEWAY_KEY;

export type Entry = Readonly<Record<string, unknown>>;

/** A well-known client, and how servers are written into its configuration. */
export interface Client {
  readonly title: string;
  /** The file or the place in the client, in a few words. */
  readonly where: string;
  readonly file: (places: Places) => string;
  /** Where versions of it have the file, too: used when it is there and the other is not. */
  readonly otherFile?: (places: Places) => string;
  readonly format: 'json' | 'toml' | 'yaml';
  /** The member of the file that holds the servers. */
  readonly member: string;
  /** Within it, where a newer version of the client has put them if this is there. */
  readonly innerMember?: string;
  readonly entry: (url: string, name: string) => Entry;
  /** What else the file must have: an item of the array of that name, known by its id. */
  readonly input?: { readonly id: string } & Entry;
  /** What is left to do. */
  readonly next: string;
  /** It is, or has, a program that is started from a menu, which sees no variable of a shell. */
  readonly isDesktop?: true;
}

/** What is left to do for a client that takes the key from the environment. */
export const FROM_ENVIRONMENT = `Clients take the key from the environment: read -rs ${KEY_VARIABLE} && export ${KEY_VARIABLE}`;
const bearer = (variable: string) => ({ Authorization: `Bearer ${variable}` });
const PASTED = 'PASTE_THE_KEY_HERE';
const paste = (reason: string, then: string) => `${reason}: put the key in the place of ${PASTED}, ${then}.`;

/**
 * mcp-remote refuses plain HTTP to a host that it does not take for this machine, and takes only these two for it
 * (github.com/geelen/mcp-remote, src/lib/utils.ts, parseCommandLineArgs).
 */
function plainHttpOption(url: string): string[] {
  return /^http:\/\/(?!(?:localhost|127\.0\.0\.1)(?:[:/]|$))/i.test(url) ? ['--allow-http'] : [];
}

/** Checked against each client's documentation, 2026-11. */
export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  'claude-code': {
    title: 'Claude Code',
    where: '.mcp.json',
    file: (places) => inProject(places, '.mcp.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ type: 'http', url, headers: bearer(`\${${KEY_VARIABLE}}`) }),
    next: FROM_ENVIRONMENT,
  },
  cursor: {
    title: 'Cursor',
    where: '~/.cursor/mcp.json',
    file: (places) => inHome(places, '.cursor', 'mcp.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ url, headers: bearer(`\${env:${KEY_VARIABLE}}`) }),
    next: FROM_ENVIRONMENT,
    isDesktop: true,
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
    where: 'claude_desktop_config.json: paste the key',
    file: (places) => inSettings(places, 'Claude', 'claude_desktop_config.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({
      command: 'npx',
      // No space after the colon: Claude Desktop on Windows breaks arguments with spaces apart.
      args: ['-y', 'mcp-remote', url, ...plainHttpOption(url), '--header', 'Authorization:${AUTH}'],
      env: { AUTH: `Bearer ${PASTED}` },
    }),
    next: paste('Claude Desktop can’t read variables', 'then start it anew'),
  },
  codex: {
    title: 'Codex',
    where: '~/.codex/config.toml',
    file: (places) => inNamed(places, 'CODEX_HOME', ['config.toml'], () => inHome(places, '.codex', 'config.toml')),
    format: 'toml',
    member: 'mcp_servers',
    entry: (url) => ({ url, bearer_token_env_var: KEY_VARIABLE }),
    next: FROM_ENVIRONMENT,
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    where: '~/.gemini/settings.json',
    file: (places) => inHome(places, '.gemini', 'settings.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ httpUrl: url, headers: bearer(`\${${KEY_VARIABLE}}`) }),
    next: FROM_ENVIRONMENT,
  },
  windsurf: {
    title: 'Windsurf',
    where: '~/.codeium/windsurf/mcp_config.json',
    file: (places) => inHome(places, '.codeium', 'windsurf', 'mcp_config.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ serverUrl: url, headers: bearer(`\${env:${KEY_VARIABLE}}`) }),
    next: FROM_ENVIRONMENT,
    isDesktop: true,
  },
  // antigravity.google/docs/mcp, and its shape as measured in github.com/stbenjam/skillsaw, docs/rules/antigravity-mcp-valid.md.
  // Whether it expands variables in headers is nowhere said, so the key is pasted.
  antigravity: {
    title: 'Antigravity',
    where: '~/.gemini/config/mcp_config.json: paste the key',
    file: (places) => inHome(places, '.gemini', 'config', 'mcp_config.json'),
    otherFile: (places) => inHome(places, '.gemini', 'antigravity', 'mcp_config.json'),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ serverUrl: url, headers: bearer(PASTED) }),
    next: paste('Antigravity is not known to read variables', 'then refresh its MCP servers'),
  },
  // opencode.ai/docs/mcp-servers and /docs/migrate-v1: version 2 reads what version 1 does, and has `mcp.servers` beside it.
  opencode: {
    title: 'OpenCode',
    where: '~/.config/opencode/opencode.jsonc',
    file: (places) => inConfig(places, 'opencode', 'opencode.jsonc'),
    otherFile: (places) => inConfig(places, 'opencode', 'opencode.json'),
    format: 'json',
    member: 'mcp',
    innerMember: 'servers',
    entry: (url) => ({
      type: 'remote',
      url,
      headers: bearer(`{env:${KEY_VARIABLE}}`),
      // A refused key is said to be one, instead of opening a browser to log in.
      oauth: false,
      enabled: true,
    }),
    next: FROM_ENVIRONMENT,
  },
  // zed.dev/docs/ai/mcp; crates/paths/src/paths.rs. It sends headers as they stand (github.com/zed-industries/zed, issue 60459).
  zed: {
    title: 'Zed',
    where: '~/.config/zed/settings.json: paste the key',
    file: (places) =>
      places.platform === 'win32'
        ? inSettings(places, 'Zed', 'settings.json')
        : places.platform === 'darwin'
          ? inHome(places, '.config', 'zed', 'settings.json')
          : inConfig(places, 'zed', 'settings.json'),
    format: 'json',
    member: 'context_servers',
    entry: (url) => ({ url, headers: bearer(PASTED) }),
    next: paste('Zed can’t read variables', 'and see its dot turn green in the settings of the agent'),
  },
  // github.com/cline/cline: sdk/packages/shared/src/storage/paths.ts and src/utils/envExpansion.ts. Its extensions for VS Code and
  // JetBrains and its command line share the file. Without a type it takes the URL for HTTP+SSE.
  cline: {
    title: 'Cline',
    where: '~/.cline/data/settings/cline_mcp_settings.json',
    file: (places) => {
      const within = ['settings', 'cline_mcp_settings.json'];
      const inHomeFolder = () => inHome(places, '.cline', 'data', ...within);
      const inFolder = () => inNamed(places, 'CLINE_DIR', ['data', ...within], inHomeFolder);
      return inNamed(places, 'CLINE_MCP_SETTINGS_PATH', [], () => inNamed(places, 'CLINE_DATA_DIR', within, inFolder));
    },
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ type: 'streamableHttp', url, headers: bearer(`\${env:${KEY_VARIABLE}}`) }),
    next: FROM_ENVIRONMENT,
    isDesktop: true,
  },
  // goose-docs.ai/docs/guides/config-files; crates/goose/src/agents/extension.rs: headers take what `env_keys` names, from the
  // environment or Goose’s secrets.
  goose: {
    title: 'Goose',
    where: '~/.config/goose/config.yaml',
    file: (places) =>
      places.platform === 'win32'
        ? inSettings(places, 'Block', 'goose', 'config', 'config.yaml')
        : inConfig(places, 'goose', 'config.yaml'),
    format: 'yaml',
    member: 'extensions',
    entry: (url, name) => ({
      type: 'streamable_http',
      name,
      enabled: true,
      uri: url,
      env_keys: [KEY_VARIABLE],
      headers: bearer(`\${${KEY_VARIABLE}}`),
      timeout: 300,
    }),
    next: FROM_ENVIRONMENT,
    isDesktop: true,
  },
  // docs.github.com, “GitHub Copilot CLI command reference”: `headers` supports variables, `tools` is required.
  'copilot-cli': {
    title: 'GitHub Copilot CLI',
    where: '~/.copilot/mcp-config.json',
    file: (places) =>
      inNamed(places, 'COPILOT_HOME', ['mcp-config.json'], () => inHome(places, '.copilot', 'mcp-config.json')),
    format: 'json',
    member: 'mcpServers',
    entry: (url) => ({ type: 'http', url, headers: bearer(`\${${KEY_VARIABLE}}`), tools: ['*'] }),
    next: FROM_ENVIRONMENT,
  },
};
