import { Invalid } from '../errors.ts';
import { meaningOf } from './bareWord.ts';
import type { ConfigurationText } from './configurationText.ts';
import { isAbsent, isRecord, textOf, type JsonRecord } from './entryMembers.ts';
import type { ClientFile, FaultyEntry, FileInput, ForeignServer } from './foreignServer.ts';
import { readOffLists } from './offLists.ts';
import { serversOfOwnFile } from './ownFile.ts';
import { readServerEntry, type EntryDialect } from './serverEntry.ts';
import { isLiteral } from './template.ts';

type NamedEntry = readonly [name: string, entry: unknown];

/**
 * Reads the servers of a client’s configuration file: `mcpServers` (Claude, Cursor, Windsurf, Gemini, MCPHub and others;
 * Continue has a list), `servers` with `inputs` (VS Code; also under `mcp` of its settings), `mcp_servers` (Codex),
 * `context_servers` (Zed), `mcp` (OpenCode), `extensions` (Goose), or a file of our own.
 * @throws Invalid `file-has-no-servers`; what a file of our own is refused with
 */
export function readClientFile(text: ConfigurationText): ClientFile {
  const { written: value } = text;
  if (!isRecord(value)) throw noServers();
  if ('version' in value && 'servers' in value && !('inputs' in value)) {
    return { servers: serversOfOwnFile(text), faulty: [], inputs: [], notes: 'keys' in value ? [KEYS_TOO] : [] };
  }
  const settings = isRecord(value['mcp']) ? value['mcp'] : {};
  const codex = entriesOf(value['mcp_servers']);
  const groups = [
    ...[
      value['mcpServers'],
      value['servers'],
      value['context_servers'],
      value['amp.mcpServers'],
      settings['servers'],
    ].map(entriesOf),
    entriesAmong(settings, isOpenCodeEntry),
    entriesAmong(value['extensions'], isGooseEntry),
  ].filter((group) => group !== undefined);
  if (groups.length === 0 && codex === undefined) throw noServers();
  const entries = groups.flat();
  const gemini = entries.some(([, entry]) => isRecord(entry) && !isAbsent(entry['httpUrl']));
  const isOff = readOffLists(value);
  const readAs =
    (dialect: EntryDialect) =>
    ([name, entry]: NamedEntry) =>
      readServerEntry(name, entry, dialect, isOff(name));
  const read = [
    ...entries.map(readAs({ gemini, codex: false })),
    ...(codex ?? []).map(readAs({ gemini: false, codex: true })),
  ];
  return {
    servers: read.filter((each): each is ForeignServer => 'address' in each),
    faulty: read.filter((each): each is FaultyEntry => !('address' in each)),
    inputs: [value['inputs'], settings['inputs']].flatMap(readInputs),
    notes: hasProjectServers(value) ? [PROJECTS_TOO] : [],
  };
}

const KEYS_TOO = 'Only the servers of this file are imported; its keys are made by metamcp-cli apply.';
const PROJECTS_TOO = 'The servers of projects in this file are not imported; Claude Code’s .mcp.json of a project is.';

/** Reads a group of servers: by name, or a list in which each has its `name`. @returns undefined for what is no group */
function entriesOf(group: unknown): NamedEntry[] | undefined {
  if (isRecord(group)) return Object.entries(group);
  if (!Array.isArray(group)) return undefined;
  return group.map((entry: unknown, at) => {
    const name = isRecord(entry) ? (textOf(entry['name']) ?? textOf(entry['id'])) : undefined;
    return [name === undefined || isAbsent(name) ? `number ${at + 1}` : name, entry];
  });
}

/** Reads servers that stand among other settings. */
function entriesAmong(group: unknown, isEntry: (entry: JsonRecord) => boolean): NamedEntry[] | undefined {
  if (!isRecord(group)) return undefined;
  const found = Object.entries(group).filter(([, entry]) => isRecord(entry) && isEntry(entry));
  return found.length === 0 ? undefined : found;
}

function isOpenCodeEntry(entry: JsonRecord): boolean {
  return ['type', 'url', 'command'].some((member) => typeof entry[member] === 'string' || Array.isArray(entry[member]));
}

function isGooseEntry(entry: JsonRecord): boolean {
  const { type } = isRecord(entry['config']) ? entry['config'] : entry;
  return typeof type === 'string' && /^(?:stdio|sse|streamable_http)$/.test(type);
}

/** Claude Code’s ~/.claude.json has servers of its own for each project. */
function hasProjectServers({ projects }: JsonRecord): boolean {
  if (!isRecord(projects)) return false;
  return Object.values(projects).some(
    (project) => isRecord(project) && isRecord(project['mcpServers']) && Object.keys(project['mcpServers']).length > 0,
  );
}

function readInputs(inputs: unknown): FileInput[] {
  if (!Array.isArray(inputs)) return [];
  return inputs.filter(isRecord).flatMap((input: JsonRecord) => {
    const { id, description, default: fallback, password } = input;
    if (typeof id !== 'string') return [];
    const secret = meaningOf(password) === true;
    return [
      {
        id,
        description: typeof description === 'string' ? description : undefined,
        // A default of YOUR_TEAM is none.
        fallback: typeof fallback === 'string' && !secret && isLiteral(fallback) ? fallback : undefined,
        secret,
      },
    ];
  });
}

function noServers(): Invalid {
  return new Invalid(
    'file-has-no-servers',
    'The file has no servers: there is neither mcpServers (Claude, Cursor, Windsurf, Gemini, MCPHub), servers (VS Code, ' +
      'MetaMCP), mcp_servers (Codex), context_servers (Zed) nor mcp (OpenCode) in it.',
  );
}
