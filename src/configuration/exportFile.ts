import { stringify as stringifyToml } from 'smol-toml';
import { stringify as stringifyYaml } from 'yaml';
import { formatDuration } from '../events/duration.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../events/mcpServer.ts';
import type { CurrentServer } from './currentState.ts';
import { nameVariables, variableKey, type ExportedVariable } from './exportedVariables.ts';
import { losses, misread, turnedOn, unfilled, type OptionalSetting } from './exportLosses.ts';
import { transportOf } from './transportOf.ts';

export const exportFormats = [
  'metamcp',
  'claude',
  'cursor',
  'vscode',
  'windsurf',
  'gemini',
  'mcphub',
  'codex',
] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportedFile {
  readonly text: string;
  readonly variables: readonly ExportedVariable[];
  /** What the format can’t hold: sentences. */
  readonly lost: readonly string[];
}

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined };
type Member = Readonly<Record<string, Json | undefined>>;

/** A server whose secrets are the names of variables; of one that is empty there is none. */
interface Exported {
  readonly server: CurrentServer;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Format {
  readonly entry: (exported: Exported) => Member;
  readonly file: (entries: Readonly<Record<string, Member>>, variables: readonly ExportedVariable[]) => string;
  /** Settings that an entry can hold, besides address, headers and whether it is enabled. */
  readonly holds: readonly OptionalSetting[];
  /** The client where it has no member of an entry that turns a server off; `disabled` is for whoever imports the file. */
  readonly connectsToDisabled?: string;
  /** The client where it takes what stands in `env` as it stands. */
  readonly fillsNoVariables?: string;
}

/** Writes servers as a file of a client; their secrets never. What it writes, `readClientFile` reads. */
export function exportServers(servers: readonly CurrentServer[], format: ExportFormat): ExportedFile {
  const { entry, file, holds, connectsToDisabled, fillsNoVariables } = FORMATS[format];
  const variables = nameVariables(servers);
  const entries = servers.map((server) => {
    const named = (kind: 'headers' | 'env') =>
      Object.fromEntries(
        Object.keys(server.input.secrets[kind]).map((name) => [
          name,
          variables.get(variableKey(server.name, `${kind}.${name}`))?.name,
        ]),
      );
    return [server.name, entry({ server, headers: named('headers'), env: named('env') })] as const;
  });
  const all = [...variables.values()];
  return {
    text: file(Object.fromEntries(entries), all),
    variables: all,
    lost: servers.flatMap((server) => [
      ...losses(server, holds),
      ...(connectsToDisabled === undefined ? [] : turnedOn(server, connectsToDisabled)),
      ...(fillsNoVariables === undefined ? [] : unfilled(server, fillsNoVariables)),
      ...(format === 'metamcp'
        ? []
        : misread(server, { bareVariables: format === 'gemini', speaksSse: format !== 'codex' })),
    ]),
  };
}

const json = (value: Json) => `${JSON.stringify(value, undefined, 2)}\n`;
const references = (names: Exported['headers'], write: (name: string) => string) =>
  ifAny(
    Object.fromEntries(Object.entries(names).map(([member, name]) => [member, name === undefined ? '' : write(name)])),
  );
const plain = (name: string) => `\${${name}}`;
const env = (name: string) => `\${env:${name}}`;
const input = (name: string) => `\${input:${name}}`;

/** An entry as most clients have it. */
function common({ server, headers, env: variables }: Exported, write: (name: string) => string, type: Member): Member {
  const { url, command, args, cwd } = server.input.settings;
  return {
    ...type,
    command,
    args,
    cwd,
    url,
    headers: references(headers, write),
    env: references(variables, write),
    disabled: server.enabled ? undefined : true,
  };
}

const typeOf = ({ server }: Exported): Member => ({ type: server.input.settings.transport });

const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  metamcp: {
    entry: ownEntry,
    file: (servers, variables) =>
      toSet(variables) + stringifyYaml({ version: 1, servers: withoutUndefined(servers) }, { lineWidth: 0 }),
    holds: [
      'title',
      'description',
      'isolation',
      'onToolChange',
      'limits',
      'connectMs',
      'idleMs',
      'totalMs',
      'idleStopMs',
    ],
  },
  claude: {
    entry: (exported) => common(exported, plain, typeOf(exported)),
    file: (mcpServers) => json({ mcpServers }),
    holds: [],
    connectsToDisabled: 'Claude Code',
  },
  cursor: {
    entry: (exported) => common(exported, env, typeOf(exported)),
    file: (mcpServers) => json({ mcpServers }),
    holds: [],
    connectsToDisabled: 'Cursor',
  },
  vscode: {
    entry: (exported) => common(exported, input, typeOf(exported)),
    file: (servers, variables) =>
      json({
        inputs: variables.map(({ name, server, field }) => ({
          type: 'promptString',
          id: name,
          description: `${field} of ${server}`,
          password: true,
        })),
        servers,
      }),
    holds: [],
    connectsToDisabled: 'VS Code',
  },
  windsurf: {
    entry: (exported) => {
      const { url: serverUrl, ...entry } = common(exported, env, {});
      const { transport, url } = exported.server.input.settings;
      // The name of the address says nothing of the transport, so what its end does not say is told.
      const type = url === undefined || transportOf(url, false) === transport ? undefined : transport;
      return { serverUrl, type, ...entry };
    },
    file: (mcpServers) => json({ mcpServers }),
    holds: [],
  },
  gemini: {
    entry: (exported) => {
      const { transport, description, timeouts } = exported.server.input.settings;
      const { url, ...entry } = common(exported, plain, {});
      const address =
        transport === 'http' ? { httpUrl: url } : { url, type: url === undefined ? undefined : transport };
      return { ...address, ...entry, description, timeout: timeouts.totalMs };
    },
    // Gemini CLI turns servers off by this list alone. It also tells whose file it is, where no httpUrl does.
    file: (mcpServers) => {
      const excluded = Object.keys(mcpServers).filter((name) => mcpServers[name]?.['disabled'] === true);
      const isKnown = Object.values(mcpServers).some(({ httpUrl }) => httpUrl !== undefined);
      return json({ mcp: isKnown && excluded.length === 0 ? undefined : { excluded }, mcpServers });
    },
    holds: ['description', 'totalMs'],
  },
  mcphub: {
    entry: (exported) => {
      const { transport, description, timeouts } = exported.server.input.settings;
      const { disabled: _disabled, ...entry } = common(exported, plain, {
        type: transport === 'http' ? 'streamable-http' : transport,
      });
      const options = { timeout: timeouts.idleMs, maxTotalTimeout: timeouts.totalMs };
      return { ...entry, description, enabled: exported.server.enabled, options };
    },
    file: (mcpServers) => json({ mcpServers }),
    holds: ['description', 'idleMs', 'totalMs'],
  },
  codex: {
    entry: ({ server, headers, env: variables }) => {
      const { url, command, args, cwd, timeouts } = server.input.settings;
      return {
        url,
        command,
        args,
        cwd,
        http_headers: ifAny(
          Object.fromEntries(
            Object.keys(headers)
              .filter((name) => headers[name] === undefined)
              .map((name) => [name, '']),
          ),
        ),
        env_http_headers: ifAny(withoutUndefined(headers)),
        env: references(variables, plain),
        startup_timeout_sec: timeouts.connectMs / 1_000,
        tool_timeout_sec: timeouts.totalMs / 1_000,
        enabled: server.enabled ? undefined : false,
      };
    },
    file: (mcp_servers) => stringifyToml({ mcp_servers: withoutUndefined(mcp_servers) }),
    holds: ['connectMs', 'totalMs'],
    fillsNoVariables: 'Codex',
  },
};

/** An entry of our own file, without what is so by default. */
function ownEntry({ server, headers, env: variables }: Exported): Member {
  const { transport, url, command, args, cwd, title, description, isolation, onToolChange, limits, timeouts } =
    server.input.settings;
  const usual: Partial<typeof timeouts> = DEFAULT_TIMEOUTS;
  const duration = (name: keyof typeof timeouts) =>
    timeouts[name] === undefined || timeouts[name] === usual[name] ? undefined : formatDuration(timeouts[name]);
  const { maxInFlight, memoryBytes, openFiles, processes, restarts, rates } = limits;
  return {
    title: title === '' ? undefined : title,
    description: description === '' ? undefined : description,
    transport: transport === 'sse' ? 'sse' : undefined,
    url: url === undefined ? undefined : literal(url),
    command: command === undefined ? undefined : literal(command),
    args: args?.map(literal),
    cwd: cwd === undefined ? undefined : literal(cwd),
    headers: references(headers, env),
    env: references(variables, env),
    enabled: server.enabled ? undefined : false,
    isolation: isolation === 'session' ? undefined : isolation,
    on_tool_change: onToolChange,
    timeouts: ifAny(
      withoutUndefined({
        connect: duration('connectMs'),
        idle: duration('idleMs'),
        total: duration('totalMs'),
        idle_stop: duration('idleStopMs'),
      }),
    ),
    limits: ifAny(
      withoutUndefined({
        max_in_flight: maxInFlight === DEFAULT_LIMITS.maxInFlight ? undefined : maxInFlight,
        memory_bytes: memoryBytes,
        open_files: openFiles,
        processes,
        restarts,
        rates,
      }),
    ),
  };
}

/** A comment that names what has to be set. Names of variables are harmless in a comment. */
function toSet(variables: readonly ExportedVariable[]): string {
  return variables.length === 0
    ? ''
    : `# To set before it is applied: ${variables.map(({ name }) => name).join(', ')}\n`;
}

/** Text in which nothing is a reference. */
function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}

function ifAny<T extends object>(members: T): T | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}

function withoutUndefined(value: Member): Record<string, Json> {
  return JSON.parse(JSON.stringify(value)) as Record<string, Json>;
}
