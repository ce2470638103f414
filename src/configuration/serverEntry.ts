import { findReservedMember } from '../reservedMembers.ts';
import { meaningOf } from './bareWord.ts';
import { enablementOf, isToggle } from './enablement.ts';
import { entryHeaders, keepHeaders, type EntryHeaders } from './entryHeaders.ts';
import {
  entryMembers,
  isAbsent,
  isRecord,
  mappingsOf,
  listMember,
  millisecondsMember,
  textMember,
  writtenPairs,
  type JsonRecord,
} from './entryMembers.ts';
import { reachOf, type EntryDialect, type Reach } from './entryReach.ts';
import { Faulty, invalidEntry } from './faulty.ts';
import type { FaultyEntry, ForeignAddress, ForeignServer, StatedSettings } from './foreignServer.ts';
import { localCommand } from './localCommand.ts';
import { isPlaceholderUrl } from './placeholder.ts';
import type { NamedEntry } from './serverGroups.ts';
import { parseTemplate, type Template, type TemplateSyntax } from './template.ts';

/** Members that we read; others are told of. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'type transport transportType url serverUrl httpUrl headers http_headers env_http_headers bearer_token_env_var',
    'command args env cwd envFile env_keys env_vars title description timeout options startup_timeout_sec',
    'tool_timeout_sec source',
  ].flatMap((names) => names.split(' ')),
);

/** Members of MCPHub's `options` that we read. */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set(['timeout', 'maxTotalTimeout']);

/** What is known of an entry when a fault is found in it. */
interface Progress {
  enabled: FaultyEntry['enabled'];
}

/** Reads one server of a client’s file. `isOff`: the file turns it off elsewhere. */
export function readServerEntry(
  { name, isNamed, entry }: NamedEntry,
  dialect: EntryDialect,
  isOff: boolean,
): ForeignServer | FaultyEntry {
  const progress: Progress = { enabled: isOff ? false : undefined };
  try {
    if (isAbsent(entry) || meaningOf(entry) === false)
      throw new Faulty('skip', 'entry-empty', 'there is nothing in it');
    if (isComment(name, entry)) throw new Faulty('skip', 'entry-commented', 'its name makes it a comment');
    if (!isRecord(entry)) throw invalidEntry('it is no mapping of settings, as {"command": …} or {"url": …}');
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
  const { enabled, unclear } = enablementOf(...mappingsOf(entry), optionsOf(members));
  progress.enabled ??= enabled;
  const reach = reachOf(members, dialect);
  const reserved = findReservedMember(entry);
  if (reserved !== undefined) {
    throw new Faulty('refuse', 'member-reserved', `its ${reserved.join('.')} has a name that no setting can have`);
  }
  if (unclear !== undefined && progress.enabled !== false) {
    throw invalidEntry(`its ${unclear} does not say whether it is on or off; write true or false`);
  }
  if (Object.hasOwn(members, '<<'))
    throw invalidEntry('it has a merge key (<<), which YAML 1.2 does not have; write its settings out');
  const { notes, ...server } = reached(members, reach, dialect);
  const ignored = [
    ...Object.keys(members).filter((member) => !KNOWN.has(member) && !isToggle(member) && member !== 'name'),
    ...Object.keys(optionsOf(members))
      .filter((member) => !KNOWN_OPTIONS.has(member) && !isToggle(member))
      .map((member) => `options.${member}`),
  ];
  return {
    name,
    ...server,
    enabled: progress.enabled,
    stated: statedSettings(members, dialect),
    notes: [...notes, ...(ignored.length === 0 ? [] : [`not taken over: ${ignored.join(', ')}`])],
  };
}

function optionsOf(members: JsonRecord): JsonRecord {
  return isRecord(members['options']) ? members['options'] : {};
}

type Reached = Pick<ForeignServer, 'address' | 'env' | 'envFile' | 'unset'> & EntryHeaders;

/** Members of a server that its client starts. */
const LOCAL_MEMBERS = ['command', 'args', 'env', 'cwd', 'envFile'];

/** What a server with a URL does not have. */
const NO_ENVIRONMENT = { env: {}, envFile: [], unset: [] };

function reached(members: JsonRecord, reach: Reach, { gemini }: EntryDialect): Reached {
  const syntax: TemplateSyntax = { bareVariables: gemini, foreign: 'resolve' };
  const template = (text: string) => parseTemplate(text, syntax);
  const urlTemplate = (url: string) => parseTemplate(url, { ...syntax, isPlaceholder: isPlaceholderUrl });
  switch (reach.by) {
    case 'url': {
      const { headers, notes } = entryHeaders(members, template);
      const local = LOCAL_MEMBERS.filter((member) => Object.hasOwn(members, member));
      const unused = local.length === 0 ? [] : [`it has a url, so these have no meaning: ${local.join(', ')}`];
      const hint = reach.isGuessed ? ['its URL ends in /sse; if it speaks Streamable HTTP, add "type": "http"'] : [];
      const address = { transport: reach.transport, url: urlTemplate(reach.url) };
      return { address, headers, ...NO_ENVIRONMENT, notes: [...hint, ...unused, ...notes] };
    }
    case 'mcp-remote': {
      const { remote, transport } = reach;
      if (remote.hasFaultyHeader)
        throw invalidEntry('its arguments have a --header that is not of the form Name: value');
      // What is empty counts as not set: `Bearer ` with nothing after it is nobody’s intention.
      const own = Object.entries({ ...variables(members, template).env, ...mapValues(remote.env, template) });
      const env = Object.fromEntries(own.filter(([, value]) => value.length > 0));
      const filled = (text: string, parse: (text: string) => Template) => within(parse(text), env);
      const { headers, notes } = keepHeaders(
        remote.headers.map(([name, value]) => [name, value === '' ? undefined : filled(value, template)] as const),
      );
      const ignored = remote.ignored.length === 0 ? [] : [`not taken over: ${[...new Set(remote.ignored)].join(', ')}`];
      return {
        address: { transport, url: filled(remote.url, urlTemplate) },
        headers,
        ...NO_ENVIRONMENT,
        notes: [
          `mcp-remote stands before it; the gateway connects to its URL itself${remote.headers.length > 0 ? '' : ', and can’t sign in by OAuth: a server that wants that needs a header with a token'}`,
          ...notes,
          ...ignored,
        ],
      };
    }
    case 'command': {
      const cwd = textMember(members, 'cwd');
      const { command, args, notes } = localCommand(reach.command, listMember(members, 'args') ?? []);
      const { env, unset } = variables(members, template);
      const envFile = textMember(members, 'envFile');
      // A client looks for it in the folder that it happens to be in. What begins with a sign is no plain path.
      if (cwd === undefined && /^[\w.@-]+\//.test(command)) {
        const message =
          'its command is a path relative to a folder that the file does not name; write the whole path, or state cwd';
        throw new Faulty('refuse', 'command-relative', message);
      }
      const address: ForeignAddress = {
        transport: 'stdio',
        command: inHome(command, template),
        args: args.length === 0 ? undefined : args.map(template),
        cwd: cwd === undefined ? undefined : template(cwd),
      };
      return {
        address,
        headers: {},
        env: { ...passedOn(members), ...env },
        envFile: envFile === undefined ? [] : [{ kind: 'file', path: envFile }],
        unset,
        notes: [...notes, ...(unset.length === 0 ? [] : [`not set: ${unset.join(', ')}`])],
      };
    }
  }
}

/** Clients, or the shells that they use, know `~`. */
function inHome(path: string, template: (text: string) => Template): Template {
  if (!path.startsWith('~/')) return template(path);
  return [{ kind: 'env', name: 'HOME', fallback: undefined }, ...template(path.slice(1))];
}

/** Reads `env`. Null unsets a variable (VS Code); an empty text is one. */
function variables(members: JsonRecord, template: (text: string) => Template): Pick<ForeignServer, 'env' | 'unset'> {
  const pairs = writtenPairs(members, 'env');
  return {
    env: Object.fromEntries(pairs.flatMap(([name, text]) => (text === undefined ? [] : [[name, template(text)]]))),
    unset: pairs.filter(([, text]) => text === undefined).map(([name]) => name),
  };
}

/** Variables that the client passes on from its own environment: Codex, Goose. */
function passedOn(members: JsonRecord): Record<string, Template> {
  const names = ['env_vars', 'env_keys'].flatMap((member) => listMember(members, member) ?? []);
  return Object.fromEntries(names.map((name) => [name, [{ kind: 'env', name, fallback: undefined }]]));
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
  const options = optionsOf(members);
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
