import { findReservedMember, isReservedMember } from '../reservedMembers.ts';
import type { FaultyEntry, ForeignAddress, ForeignServer, StatedSettings } from './foreignServer.ts';
import { readMcpRemote } from './mcpRemote.ts';
import { parseTemplate, type Template, type TemplateSyntax } from './template.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** What differs between the files that name their servers alike. */
export interface EntryDialect {
  /** Gemini: `$NAME` is a reference, `timeout` is in milliseconds. */
  readonly gemini: boolean;
}

/** Members that we read; others are told of. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'type transport transportType url serverUrl httpUrl headers http_headers env_http_headers bearer_token_env_var',
    'command args env cwd disabled enabled title description timeout options startup_timeout_sec tool_timeout_sec',
  ].flatMap((names) => names.split(' ')),
);

const HTTP = new Set(['http', 'streamablehttp', 'httpstream', 'remote']);

/** Thrown within this file alone. */
class Faulty extends Error {
  override readonly name = 'Faulty';
  readonly entry: Omit<FaultyEntry, 'name'>;

  constructor(kind: FaultyEntry['kind'], code: string, reason: string) {
    super(reason);
    this.entry = { kind, code, reason };
  }
}

/** Tells a mapping from other values. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one server of a client’s file. */
export function readServerEntry(name: string, entry: unknown, dialect: EntryDialect): ForeignServer | FaultyEntry {
  try {
    if (!isRecord(entry)) throw new Faulty('refuse', 'entry-invalid', 'it is no mapping of settings');
    const reserved = findReservedMember(entry);
    if (reserved !== undefined) {
      throw new Faulty('refuse', 'member-reserved', `its ${reserved.join('.')} has a name that no setting can have`);
    }
    return readEntry(name, entry, dialect);
  } catch (error) {
    if (error instanceof Faulty) return { name, ...error.entry };
    throw error;
  }
}

function readEntry(name: string, entry: JsonRecord, dialect: EntryDialect): ForeignServer {
  const syntax: TemplateSyntax = { bareVariables: dialect.gemini };
  const template = (text: string) => parseTemplate(text, syntax);
  const env = templates(entry, 'env', template);
  const { address, headers, notes } = reached(entry, template, env);
  const ignored = Object.keys(entry).filter((member) => !KNOWN.has(member));
  return {
    name,
    address,
    headers,
    env: address.transport === 'stdio' ? env : {},
    enabled: enablement(entry),
    stated: statedSettings(entry, dialect),
    notes: [...notes, ...(ignored.length === 0 ? [] : [`not taken over: ${ignored.join(', ')}`])],
  };
}

type Parse = (text: string) => Template;
type Reached = Pick<ForeignServer, 'address' | 'headers' | 'notes'>;

function reached(entry: JsonRecord, template: Parse, env: Readonly<Record<string, Template>>): Reached {
  // Gemini’s httpUrl takes precedence over its url.
  const url = string(entry, 'httpUrl') ?? string(entry, 'serverUrl') ?? string(entry, 'url');
  const command = string(entry, 'command');
  const declared = string(entry, 'type') ?? string(entry, 'transport') ?? string(entry, 'transportType');
  const kind = declared?.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (url !== undefined && kind !== 'stdio') {
    const transport = kind === undefined ? transportOf(url, 'httpUrl' in entry) : HTTP.has(kind) ? 'http' : kind;
    if (transport !== 'http' && transport !== 'sse') throw unknownTransport(declared);
    const guessed = transport === 'sse' && kind === undefined;
    return {
      address: { transport, url: template(url) },
      headers: headersOf(entry, template),
      notes: guessed ? ['its URL ends in /sse; if it speaks Streamable HTTP, add "type": "http"'] : [],
    };
  }
  if (command === undefined) {
    throw new Faulty('refuse', 'entry-invalid', 'it has neither a url nor a command');
  }
  if (kind !== undefined && kind !== 'stdio' && kind !== 'local') throw unknownTransport(declared);
  const args = stringList(entry, 'args');
  const remote = readMcpRemote(command, args ?? []);
  if (remote !== undefined) {
    return {
      address: {
        transport: remote.transport ?? transportOf(remote.url, false),
        url: within(template(remote.url), env),
      },
      headers: onceEach(remote.headers.map(([name, value]) => [name, within(template(value), env)])),
      notes: ['mcp-remote stands before it; the gateway connects to its URL itself'],
    };
  }
  const cwd = string(entry, 'cwd');
  const address: ForeignAddress = {
    transport: 'stdio',
    command: template(command),
    args: args?.map(template),
    cwd: cwd === undefined ? undefined : template(cwd),
  };
  return { address, headers: {}, notes: [] };
}

/** Without a type, clients try Streamable HTTP first; but an address that is SSE’s by convention is SSE’s. */
function transportOf(url: string, isHttp: boolean): 'http' | 'sse' {
  return !isHttp && /\/sse\/?(?:[?#].*)?$/.test(url) ? 'sse' : 'http';
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

/** `headers`, and Codex’s `http_headers`, `env_http_headers` (name: variable) and `bearer_token_env_var`. */
function headersOf(entry: JsonRecord, template: Parse): Record<string, Template> {
  const variable = string(entry, 'bearer_token_env_var');
  const reference = (name: string): Template => [{ kind: 'env', name, fallback: undefined }];
  return onceEach([
    ...Object.entries(templates(entry, 'headers', template)),
    ...Object.entries(templates(entry, 'http_headers', template)),
    ...Object.entries(templates(entry, 'env_http_headers', reference)),
    ...(variable === undefined ? [] : [['Authorization', ['Bearer ', ...reference(variable)]] as const]),
  ]);
}

/** A header's name has no case (RFC 9110, 5.1); of two, one would be lost. */
function onceEach(headers: readonly (readonly [name: string, value: Template])[]): Record<string, Template> {
  const names = new Set<string>();
  for (const [name] of headers) {
    if (isReservedMember(name)) throw new Faulty('refuse', 'member-reserved', `a header can’t be called ${name}`);
    if (names.has(name.toLowerCase()))
      throw new Faulty('refuse', 'header-repeated', `the header ${name} is there twice`);
    names.add(name.toLowerCase());
  }
  return Object.fromEntries(headers);
}

function enablement({ disabled, enabled }: JsonRecord): boolean | undefined {
  // Where both are there and contradict each other, the safe one counts.
  if (disabled === true || enabled === false) return false;
  return enabled === true || disabled === false ? true : undefined;
}

function statedSettings(entry: JsonRecord, { gemini }: EntryDialect): StatedSettings {
  const options = isRecord(entry['options']) ? entry['options'] : {};
  const title = string(entry, 'title');
  const description = string(entry, 'description');
  const timeouts = {
    ...milliseconds('connectMs', entry['startup_timeout_sec'], 1_000),
    ...milliseconds('idleMs', options['timeout'], 1),
    ...milliseconds('totalMs', entry['tool_timeout_sec'], 1_000),
    ...milliseconds('totalMs', options['maxTotalTimeout'], 1),
    ...milliseconds('totalMs', gemini ? entry['timeout'] : undefined, 1),
  };
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}

function milliseconds(name: string, value: unknown, unitMs: number): Record<string, number> {
  const ms = typeof value === 'number' ? Math.round(value * unitMs) : 0;
  return Number.isSafeInteger(ms) && ms > 0 ? { [name]: ms } : {};
}

function string(entry: JsonRecord, member: string): string | undefined {
  const value = entry[member];
  if (value === undefined || typeof value === 'string') return value;
  throw new Faulty('refuse', 'entry-invalid', `its ${member} is no text`);
}

function stringList(entry: JsonRecord, member: string): readonly string[] | undefined {
  const value = entry[member];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new Faulty('refuse', 'entry-invalid', `its ${member} is no list of texts`);
}

/** Reads a mapping of texts; numbers and booleans count as what they look like. */
function templates(entry: JsonRecord, member: string, parse: Parse): Record<string, Template> {
  const value = entry[member];
  if (value === undefined) return {};
  if (!isRecord(value)) throw new Faulty('refuse', 'entry-invalid', `its ${member} is no mapping of texts`);
  return mapRecord(value, (text) => {
    if (typeof text === 'string') return parse(text);
    if (typeof text === 'number' || typeof text === 'boolean') return [String(text)];
    throw new Faulty('refuse', 'entry-invalid', `its ${member} has a value that is no text`);
  });
}

function mapRecord<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
