import { findReservedMember } from '../reservedMembers.ts';
import { meaningOf } from './bareWord.ts';
import { enablementOf, isToggle } from './enablement.ts';
import { entryHeaders, keepHeaders, type EntryHeaders } from './entryHeaders.ts';
import {
  entryMembers,
  isAbsent,
  isRecord,
  listMember,
  millisecondsMember,
  pairsMember,
  textMember,
  type JsonRecord,
} from './entryMembers.ts';
import { Faulty, invalidEntry } from './faulty.ts';
import type { FaultyEntry, ForeignAddress, ForeignServer, StatedSettings } from './foreignServer.ts';
import { readMcpRemote, type McpRemote } from './mcpRemote.ts';
import { isPlaceholderUrl } from './placeholder.ts';
import type { NamedEntry } from './serverGroups.ts';
import { parseTemplate, type Template, type TemplateSyntax } from './template.ts';
import { transportOf } from './transportOf.ts';

/** What differs between the files that name their servers alike. */
export interface EntryDialect {
  /** Gemini: `$NAME` is a reference, `timeout` is in milliseconds. */
  readonly gemini: boolean;
  /** Codex: a URL is Streamable HTTP’s, whatever it ends in. */
  readonly codex: boolean;
}

/** Members that we read; others are told of. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'type transport transportType url serverUrl httpUrl headers http_headers env_http_headers bearer_token_env_var',
    'command args env cwd title description timeout options startup_timeout_sec tool_timeout_sec source',
  ].flatMap((names) => names.split(' ')),
);

const HTTP = new Set(['http', 'streamablehttp', 'httpstream', 'remote']);

/** What is known of an entry when a fault is found in it. */
interface Progress {
  transport: FaultyEntry['transport'];
  enabled: FaultyEntry['enabled'];
}

/** Reads one server of a client’s file. `isOff`: the file turns it off elsewhere. */
export function readServerEntry(
  { name, isNamed, entry }: NamedEntry,
  dialect: EntryDialect,
  isOff: boolean,
): ForeignServer | FaultyEntry {
  const progress: Progress = { transport: undefined, enabled: isOff ? false : undefined };
  try {
    if (isAbsent(entry) || meaningOf(entry) === false)
      throw new Faulty('skip', 'entry-empty', 'there is nothing in it');
    if (isComment(name, entry)) throw new Faulty('skip', 'entry-commented', 'its name makes it a comment');
    if (!isRecord(entry)) throw invalidEntry('it is no mapping of settings');
    const server = readEntry(name, entry, dialect, progress);
    if (!isNamed) throw invalidEntry('it has no name');
    return server;
  } catch (error) {
    if (error instanceof Faulty) return { name, ...error.entry, ...progress };
    throw error;
  }
}

/** JSON has no comments, so some are members. */
function isComment(name: string, entry: unknown): boolean {
  return /^\s*(?:\/[/*]|#)/.test(name) || (typeof entry === 'string' && /^\s*[_$]|comment/i.test(name));
}

function readEntry(name: string, entry: JsonRecord, dialect: EntryDialect, progress: Progress): ForeignServer {
  const members = entryMembers(entry);
  const { enabled, unclear } = enablementOf(members);
  progress.enabled ??= enabled;
  const reach = reachOf(members, dialect);
  progress.transport = reach.transport;
  const reserved = findReservedMember(entry);
  if (reserved !== undefined) {
    throw new Faulty('refuse', 'member-reserved', `its ${reserved.join('.')} has a name that no setting can have`);
  }
  if (unclear !== undefined && progress.enabled !== false) {
    throw invalidEntry(`its ${unclear} does not say whether it is on or off; write true or false`);
  }
  if (Object.hasOwn(members, '<<'))
    throw invalidEntry('it has a merge key (<<), which YAML 1.2 does not have; write its settings out');
  const { address, headers, env, notes } = reached(members, reach, dialect);
  const ignored = Object.keys(members).filter((member) => !KNOWN.has(member) && !isToggle(member) && member !== 'name');
  return {
    name,
    address,
    headers,
    env,
    enabled: progress.enabled,
    stated: statedSettings(members, dialect),
    notes: [...notes, ...(ignored.length === 0 ? [] : [`not taken over: ${ignored.join(', ')}`])],
  };
}

/** How a server is reached, before its settings are looked at. */
type Reach =
  | { readonly by: 'url'; readonly transport: 'http' | 'sse'; readonly url: string; readonly isGuessed: boolean }
  | { readonly by: 'mcp-remote'; readonly transport: 'http' | 'sse'; readonly remote: McpRemote }
  | { readonly by: 'command'; readonly transport: 'stdio'; readonly command: string };

function reachOf(members: JsonRecord, { codex }: EntryDialect): Reach {
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
  if (kind !== undefined && !isLocal) throw unknownTransport(declared);
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

type Reached = Pick<ForeignServer, 'address' | 'env'> & EntryHeaders;

function reached(members: JsonRecord, reach: Reach, { gemini }: EntryDialect): Reached {
  const syntax: TemplateSyntax = { bareVariables: gemini, foreign: 'resolve' };
  const template = (text: string) => parseTemplate(text, syntax);
  const urlTemplate = (url: string) => parseTemplate(url, { ...syntax, isPlaceholder: isPlaceholderUrl });
  switch (reach.by) {
    case 'url': {
      const { headers, notes } = entryHeaders(members, template);
      const hint = reach.isGuessed ? ['its URL ends in /sse; if it speaks Streamable HTTP, add "type": "http"'] : [];
      const address = { transport: reach.transport, url: urlTemplate(reach.url) };
      return { address, headers, env: {}, notes: [...hint, ...notes] };
    }
    case 'mcp-remote': {
      const { remote, transport } = reach;
      if (remote.hasFaultyHeader)
        throw invalidEntry('its arguments have a --header that is not of the form Name: value');
      const env = { ...variables(members, template), ...mapValues(remote.env, template) };
      const filled = (text: string, parse: (text: string) => Template) => within(parse(text), env);
      const { headers, notes } = keepHeaders(
        remote.headers.map(([name, value]) => [name, value === '' ? undefined : filled(value, template)] as const),
      );
      const ignored = remote.ignored.length === 0 ? [] : [`not taken over: ${[...new Set(remote.ignored)].join(', ')}`];
      return {
        address: { transport, url: filled(remote.url, urlTemplate) },
        headers,
        env: {},
        notes: ['mcp-remote stands before it; the gateway connects to its URL itself', ...notes, ...ignored],
      };
    }
    case 'command': {
      const cwd = textMember(members, 'cwd');
      const address: ForeignAddress = {
        transport: 'stdio',
        command: template(reach.command),
        args: listMember(members, 'args')?.map(template),
        cwd: cwd === undefined ? undefined : template(cwd),
      };
      return { address, headers: {}, env: variables(members, template), notes: [] };
    }
  }
}

/** A variable without a value is one that is empty. */
function variables(members: JsonRecord, template: (text: string) => Template): Record<string, Template> {
  return Object.fromEntries(pairsMember(members, 'env').map(([name, text]) => [name, template(text ?? '')]));
}

function unknownTransport(declared: string | undefined): Faulty {
  const named = /^[\w -]{1,32}$/.test(declared ?? '') ? ` ${declared ?? ''}` : '';
  return new Faulty('skip', 'transport-not-served', `this version does not know its transport${named}`);
}

/** Puts what an entry sets in its own `env` in the place of `${NAME}`, as the process would see it. */
function within(template: Template, env: Readonly<Record<string, Template>>): Template {
  return template.flatMap((part) => {
    const own =
      typeof part !== 'string' && part.kind === 'env' && Object.hasOwn(env, part.name) ? env[part.name] : undefined;
    return own ?? [part];
  });
}

function statedSettings(members: JsonRecord, { gemini }: EntryDialect): StatedSettings {
  const options = isRecord(members['options']) ? members['options'] : {};
  const title = textMember(members, 'title');
  const description = textMember(members, 'description');
  const timeouts = Object.fromEntries(
    [
      ['connectMs', millisecondsMember(members, 'startup_timeout_sec', 1_000)] as const,
      ['idleMs', millisecondsMember(options, 'timeout', 1)] as const,
      ['totalMs', millisecondsMember(members, 'tool_timeout_sec', 1_000)] as const,
      ['totalMs', millisecondsMember(options, 'maxTotalTimeout', 1)] as const,
      ['totalMs', gemini ? millisecondsMember(members, 'timeout', 1) : undefined] as const,
    ].filter(([, ms]) => ms !== undefined),
  );
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
