import { Invalid } from '../errors.ts';
import type { ConfigurationText } from './configurationText.ts';
import type { ClientFile, FaultyEntry, FileInput, ForeignServer } from './foreignServer.ts';
import { isRecord, readServerEntry, type EntryDialect, type JsonRecord } from './serverEntry.ts';
import { serversOfOwnFile } from './ownFile.ts';

/**
 * Reads the servers of a client’s configuration file: `mcpServers` (Claude, Cursor, Windsurf, Gemini, MCPHub),
 * `servers` with `inputs` (VS Code; also under `mcp` of its settings), `mcp_servers` (Codex), or a file of our own.
 * @throws Invalid `file-has-no-servers`; what a file of our own is refused with
 */
export function readClientFile(text: ConfigurationText): ClientFile {
  const { value } = text;
  if (!isRecord(value)) throw noServers();
  if ('version' in value && 'servers' in value && !('inputs' in value)) {
    return { servers: serversOfOwnFile(text), faulty: [], inputs: [], notes: 'keys' in value ? [KEYS_TOO] : [] };
  }
  const settings = isRecord(value['mcp']) ? value['mcp'] : {};
  const groups = [value['mcpServers'], value['servers'], value['mcp_servers'], settings['servers']].filter(isRecord);
  if (groups.length === 0) throw noServers();
  const entries = groups.flatMap((group) => Object.entries(group));
  const dialect: EntryDialect = { gemini: entries.some(([, entry]) => isRecord(entry) && 'httpUrl' in entry) };
  const read = entries.map(([name, entry]) => readServerEntry(name, entry, dialect));
  return {
    servers: read.filter((each): each is ForeignServer => 'address' in each),
    faulty: read.filter((each): each is FaultyEntry => !('address' in each)),
    inputs: [value['inputs'], settings['inputs']].flatMap(readInputs),
    notes: hasProjectServers(value) ? [PROJECTS_TOO] : [],
  };
}

const KEYS_TOO = 'Only the servers of this file are imported; its keys are made by metamcp-cli apply.';
const PROJECTS_TOO = 'The servers of projects in this file are not imported; Claude Code’s .mcp.json of a project is.';

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
    const secret = password === true;
    return [
      {
        id,
        description: typeof description === 'string' ? description : undefined,
        fallback: typeof fallback === 'string' && !secret ? fallback : undefined,
        secret,
      },
    ];
  });
}

function noServers(): Invalid {
  return new Invalid(
    'file-has-no-servers',
    'The file has no servers: there is neither mcpServers (Claude, Cursor, Windsurf, Gemini, MCPHub), servers (VS Code, ' +
      'MetaMCP) nor mcp_servers (Codex) in it.',
  );
}
