import { listMember, textMember, type JsonRecord } from './entryMembers.ts';
import { Faulty, invalidEntry } from './faulty.ts';
import { readMcpRemote, type McpRemote } from './mcpRemote.ts';
import { transportOf } from './transportOf.ts';

/** What differs between the files that name their servers alike. */
export interface EntryDialect {
  /** Gemini: `$NAME` is a reference, `timeout` is in milliseconds. */
  readonly gemini: boolean;
  /** Codex: a URL is Streamable HTTP’s, whatever it ends in. */
  readonly codex: boolean;
}

const HTTP = new Set(['http', 'streamablehttp', 'httpstream', 'remote']);

/** How a server is reached, before its settings are looked at. */
export type Reach =
  | { readonly by: 'url'; readonly transport: 'http' | 'sse'; readonly url: string; readonly isGuessed: boolean }
  | { readonly by: 'mcp-remote'; readonly transport: 'http' | 'sse'; readonly remote: McpRemote }
  | { readonly by: 'command'; readonly transport: 'stdio'; readonly command: string };

/** Finds out how an entry’s server is reached. @throws Faulty */
export function reachOf(members: JsonRecord, { codex }: EntryDialect): Reach {
  // Gemini’s httpUrl takes precedence over its url.
  const url = textMember(members, 'httpUrl') ?? textMember(members, 'serverUrl') ?? textMember(members, 'url');
  const command = textMember(members, 'command');
  const declared =
    textMember(members, 'type') ?? textMember(members, 'transport') ?? textMember(members, 'transportType');
  const kind = declared?.toLowerCase().replace(/[^a-z0-9]/g, '');
  const isLocal = kind === 'stdio' || kind === 'local';
  if (url !== undefined && !isLocal) {
    const isHttp = codex || Object.hasOwn(members, 'httpUrl');
    const transport = kind === undefined ? transportOf(url, isHttp) : HTTP.has(kind) ? 'http' : kind;
    if (transport !== 'http' && transport !== 'sse') throw unknownTransport(declared);
    return { by: 'url', transport, url, isGuessed: transport === 'sse' && kind === undefined };
  }
  if (kind !== undefined && !isLocal && !(HTTP.has(kind) || kind === 'sse')) throw unknownTransport(declared);
  if (command === undefined) {
    // Zed’s own extensions bring theirs along.
    if (members['source'] === 'extension')
      throw new Faulty('skip', 'transport-not-served', 'an extension of its client runs it');
    throw invalidEntry('it has neither a url nor a command');
  }
  if (kind !== undefined && !isLocal) throw invalidEntry('its type goes with a url, and it has a command instead');
  const remote = mcpRemoteOf(members, command);
  if (remote === undefined) return { by: 'command', transport: 'stdio', command };
  return { by: 'mcp-remote', transport: remote.transport ?? transportOf(remote.url, false), remote };
}

/** Arguments that can’t be read are no mcp-remote’s; their fault is found where a command is of use. */
function mcpRemoteOf(members: JsonRecord, command: string): McpRemote | undefined {
  try {
    return readMcpRemote(command, listMember(members, 'args') ?? []);
  } catch (error) {
    if (error instanceof Faulty) return undefined;
    throw error;
  }
}

function unknownTransport(declared: string | undefined): Faulty {
  const named = /^[\w -]{1,32}$/.test(declared ?? '') ? ` ${declared ?? ''}` : '';
  return new Faulty('skip', 'transport-not-served', `this version does not know its transport${named}`);
}
