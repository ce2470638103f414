import type { GeneratedHeader, GeneratedServer } from './model.ts';
import { Bare, writeJson, writeToml, writeYaml } from './write.ts';

export interface GeneratedFile {
  readonly name: string;
  readonly text: string;
}

interface Json {
  readonly [name: string]: unknown;
}

interface LocalEntry extends Json {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Json;
}

/** How a client writes a file. */
interface Client {
  readonly file: (servers: readonly GeneratedServer[], friendly: boolean) => GeneratedFile;
  /** TOML’s numbers have no text of their own, and there is no null. */
  readonly isToml?: boolean;
  /** Does not hold a URL that ends in /sse for Server-Sent Events. */
  readonly statesHttp: boolean;
}

export const urlOf = ({ path, name }: GeneratedServer) =>
  `https://h${Buffer.from(name).toString('hex')}.example${path}`;

const headersOf = ({ headers }: Pick<GeneratedServer, 'headers'>) =>
  Object.fromEntries(headers.map(({ name, text, bare }) => [name, bare && text !== null ? new Bare(text) : text]));

/** An entry that starts a process. */
const local = ({ toggle, noise, headers, local: own }: GeneratedServer): Json => {
  const { written, cwd } = own ?? { written: {} };
  const env = headersOf({ headers });
  return { ...noise, ...written, ...(cwd === undefined ? {} : { cwd }), ...toggle.members, env };
};

/** An entry with these members for its address, in the order that files have. */
const entry = (server: GeneratedServer, address: Json, headers: Json = { headers: headersOf(server) }): Json =>
  server.local !== undefined ? local(server) : { ...server.noise, ...address, ...headers, ...server.toggle.members };

const byName = (servers: readonly GeneratedServer[], write: (server: GeneratedServer) => Json) =>
  Object.fromEntries(servers.map((server) => [server.name, write(server)]));

const json = (value: unknown, friendly: boolean) => ({ name: 'mcp.json', text: writeJson(value, friendly) });

/** Wrappers that people put before mcp-remote, on Windows and elsewhere. */
const WRAPPERS: ((args: readonly string[]) => { command: string; args: readonly string[] })[] = [
  (args) => ({ command: 'npx', args: ['-y', 'mcp-remote', ...args] }),
  (args) => ({ command: 'npx.cmd', args: ['mcp-remote@latest', ...args] }),
  (args) => ({ command: 'cmd', args: ['/c', 'npx', '-y', 'mcp-remote', ...args] }),
  (args) => ({
    command: 'C:\\Windows\\System32\\cmd.exe',
    args: ['/d', '/s', '/c', 'npx', 'mcp-remote@0.1.29', ...args],
  }),
  (args) => ({ command: '/opt/homebrew/bin/bunx', args: ['mcp-remote', ...args] }),
  (args) => ({ command: 'pnpm', args: ['dlx', 'mcp-remote', ...args] }),
  (args) => ({ command: 'env', args: ['UNUSED=1', 'npx', '-p', 'mcp-remote', 'mcp-remote', ...args] }),
  (args) => ({ command: 'C:\\Program Files\\nodejs\\npx.cmd', args: ['mcp-remote', ...args] }),
  (args) => ({ command: 'powershell', args: ['-NoProfile', '-Command', 'npx', 'mcp-remote', ...args] }),
];

const throughMcpRemote = (server: GeneratedServer): Json => {
  const headers = server.headers.flatMap(({ name, text }: GeneratedHeader) => ['--header', `${name}:${text ?? ''}`]);
  const wrapper = WRAPPERS[(server.name.length + server.path.length) % WRAPPERS.length] ?? WRAPPERS[0];
  const command = wrapper?.([urlOf(server), ...headers, '--transport', 'http-only']) ?? {};
  return { ...server.noise, url: null, ...command, ...server.toggle.members };
};

const openCodeLocal = (server: GeneratedServer): Json => {
  const { command, args, env, ...others } = local(server) as LocalEntry;
  return { ...others, type: 'local', environment: env, command: [command, ...args] };
};

const zedLocal = (server: GeneratedServer): Json => {
  const { command, args, env, ...others } = local(server) as LocalEntry;
  return { ...others, source: 'custom', command: { path: command, args, env } };
};

const gooseLocal = (server: GeneratedServer): Json => {
  const { command, env, ...others } = local(server) as LocalEntry;
  return { ...others, type: 'stdio', cmd: command, envs: env };
};

const withNames = (servers: readonly GeneratedServer[], write: (server: GeneratedServer) => Json) =>
  servers.map((server) => ({ name: server.name, ...write(server) }));

export const CLIENTS: Readonly<Record<string, Client>> = {
  claudeCode: {
    statesHttp: true,
    file: (servers, friendly) =>
      json({ mcpServers: byName(servers, (each) => entry(each, { type: 'http', url: urlOf(each) })) }, friendly),
  },
  claudeDesktop: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          globalShortcut: '',
          mcpServers: byName(servers, (each) => (each.local !== undefined ? local(each) : throughMcpRemote(each))),
        },
        friendly,
      ),
  },
  cursor: {
    statesHttp: false,
    file: (servers, friendly) =>
      json({ mcpServers: byName(servers, (each) => entry(each, { url: urlOf(each) })) }, friendly),
  },
  vscode: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          inputs: [{ type: 'promptString', id: 'gen-key', password: true }],
          servers: byName(servers, (each) => entry(each, { type: 'http', url: urlOf(each) })),
        },
        friendly,
      ),
  },
  windsurf: {
    statesHttp: false,
    file: (servers, friendly) =>
      json(
        { mcpServers: byName(servers, (each) => entry(each, { url: null, type: '', serverUrl: urlOf(each) })) },
        friendly,
      ),
  },
  gemini: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          theme: 'x',
          mcp: { allowed: servers.map(({ name }) => name) },
          mcpServers: byName(servers, (each) => entry(each, { httpUrl: urlOf(each) })),
        },
        friendly,
      ),
  },
  openCode: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          mcp: byName(servers, (each) =>
            each.local !== undefined ? openCodeLocal(each) : entry(each, { type: 'remote', url: urlOf(each) }),
          ),
        },
        friendly,
      ),
  },
  zed: {
    statesHttp: false,
    file: (servers, friendly) =>
      json(
        {
          context_servers: byName(servers, (each) =>
            each.local !== undefined ? zedLocal(each) : entry(each, { source: 'custom', url: urlOf(each) }),
          ),
        },
        friendly,
      ),
  },
  roo: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          mcpServers: byName(servers, (each) =>
            entry(each, { type: 'streamable-http', url: urlOf(each), alwaysAllow: [] }),
          ),
        },
        friendly,
      ),
  },
  cline: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        {
          mcpServers: byName(servers, (each) =>
            entry(each, { type: 'streamableHttp', url: urlOf(each), autoApprove: [] }),
          ),
        },
        friendly,
      ),
  },
  list: {
    statesHttp: true,
    file: (servers, friendly) =>
      json(
        { mcpServers: withNames(servers, (each) => entry(each, { transport: 'http', url: urlOf(each) })) },
        friendly,
      ),
  },
  continue: {
    statesHttp: true,
    file: (servers) => ({
      name: 'config.yaml',
      text: `# Continue\n${writeYaml({ name: 'assistant', mcpServers: withNames(servers, (each) => entry(each, { type: 'streamable-http', url: urlOf(each) }, { requestOptions: { headers: headersOf(each) } })) })}`,
    }),
  },
  goose: {
    statesHttp: true,
    file: (servers) => ({
      name: 'config.yaml',
      text: writeYaml({
        GOOSE_MODEL: 'x',
        extensions: {
          developer: { enabled: true, type: 'builtin' },
          ...byName(servers, (each) =>
            each.local !== undefined ? gooseLocal(each) : entry(each, { type: 'streamable_http', uri: urlOf(each) }),
          ),
        },
      }),
    }),
  },
  codex: {
    statesHttp: true,
    isToml: true,
    file: (servers) => ({
      name: 'config.toml',
      text: `model = "x"\n\n[mcp_servers]\n${servers.map((each) => `${JSON.stringify(each.name)} = ${writeToml(entry(each, { url: urlOf(each) }, { http_headers: headersOf(each) }))}\n`).join('')}`,
    }),
  },
};
