import { Invalid } from '../errors/appError.ts';
import { meaningOf } from './bareWord.ts';
import type { ConfigurationText } from './configurationText.ts';
import { isAbsent, isRecord, type JsonRecord } from './entryMembers.ts';
import type { ClientFile, FaultyEntry, FileInput, ForeignServer } from './foreignServer.ts';
import { readOffLists } from './offLists.ts';
import { isRegistryFile } from './registry/registryFile.ts';
import { serversOfOwnFile } from './ownFile.ts';
import { readServerEntry } from './serverEntry.ts';
import { serverGroups } from './serverGroups.ts';
import { isLiteral } from './template.ts';

/**
 * Reads the servers of a client’s configuration file: `mcpServers` (Claude, Cursor, Windsurf, Gemini, MCPHub and others;
 * Continue has a list), `servers` with `inputs` (VS Code; also under `mcp` of its settings), `mcp_servers` (Codex),
 * `context_servers` (Zed), `mcp` (OpenCode), `extensions` (Goose), or a file of our own.
 * @param isChosen which of them are asked for, by their names in the file; no other one is examined (Default: all)
 * @throws Invalid `file-has-no-servers`; what a file of our own is refused with
 */
export function readClientFile(text: ConfigurationText, isChosen: (name: string) => boolean = () => true): ClientFile {
  const { written: value } = text;
  if (isRegistryFile(text.value)) {
    throw new Invalid(
      'file-of-registry',
      'The file is a server.json of the MCP registry: import it with --registry FILE.',
    );
  }
  if (!isRecord(value)) throw noServers();
  if ('version' in value && 'servers' in value && !('inputs' in value) && !Array.isArray(value['servers'])) {
    return {
      servers: serversOfOwnFile(text, isChosen),
      faulty: [],
      inputs: [],
      notes: 'keys' in value ? [KEYS_TOO] : [],
    };
  }
  const found = serverGroups(value);
  if (found === undefined) throw noServers();
  const settings = isRecord(value['mcp']) ? value['mcp'] : {};
  const gemini =
    found.some(({ entry }) => isRecord(entry) && !isAbsent(entry['httpUrl'])) ||
    [settings['allowed'], settings['excluded']].some((list) => Array.isArray(list));
  const isOff = readOffLists(value);
  const read = found
    .filter(({ name }) => isChosen(name))
    .map((each) => readServerEntry(each, { gemini: gemini && !each.isCodex, codex: each.isCodex }, isOff(each.name)));
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
