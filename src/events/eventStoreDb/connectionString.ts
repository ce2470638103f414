import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { FileUnreadable, readBoundedSync } from '../../boundedRead.ts';
import { Invalid } from '../../errors/appError.ts';

/** Where a node listens. */
export interface Endpoint {
  /** A name or an address; an IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
}

/** A connection string, parsed. Durations are in ms, whatever unit the string has. */
export interface ConnectionSettings {
  /** One at least. */
  readonly endpoints: readonly Endpoint[];
  /** The endpoints are asked who the leader is; or else the one endpoint is the server. */
  readonly discovers: boolean;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** PEM; undefined: the connection is not encrypted. */
  readonly tls: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly key?: Buffer } | undefined;
  /** Undefined: never. */
  readonly keepAliveIntervalMs: number | undefined;
  readonly keepAliveTimeoutMs: number;
  readonly gossipTimeoutMs: number;
  readonly discoveryIntervalMs: number;
  /** Rounds without a leader before a call gives up; undefined: as many as its time allows. */
  readonly maxDiscoverAttempts: number | undefined;
  readonly connectionName: string | undefined;
  /** How long one call may take; undefined: as long as the caller thinks. */
  readonly deadlineMs: number | undefined;
}

/** As the client of EventStoreDB has it. */
const DEFAULT_PORT = 2113;

/** All options of the client's connection strings; written in any case, with any `-` and `_`, as the client takes them. */
const OPTIONS = [
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
  'nodePreference',
  'keepAliveInterval',
  'keepAliveTimeout',
  'gossipTimeout',
  'discoveryInterval',
  'maxDiscoverAttempts',
  'connectionName',
  'defaultDeadline',
  'throwOnAppendFailure',
] as const;
type Option = (typeof OPTIONS)[number];

const ESCAPE =
  'Percent-encode what is not a letter or a digit in the user, the password and the options: ' +
  '@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25.';

/**
 * Reads a connection string of EventStoreDB or KurrentDB, and the files that it names.
 * @throws Invalid `event-store-url-invalid`, which repeats nothing of the string but the names of options: what is written
 *   wrongly may be a part of the password
 */
export function parseConnectionString(text: string): ConnectionSettings {
  const [, discover, rest] = /^(?:esdb|kurrentdb)(\+discover)?:\/\/(.*)$/s.exec(text.trim()) ?? [];
  if (rest === undefined) throw invalid('It begins with esdb:// or esdb+discover://.');
  const [authority = '', query = '', ...more] = rest.split('?');
  if (more.length > 0 || query.includes('@')) throw invalid(ESCAPE);
  const { user, hosts } = parseAuthority(authority.replace(/\/+$/, ''));
  const endpoints = hosts.split(',').map(parseEndpoint);
  const options = parseOptions(query);
  refuseOptions(options);
  const number = (name: Option, least: number): number | undefined => parseNumber(options, name, least);
  const keepAliveIntervalMs = number('keepAliveInterval', -1) ?? 10_000;
  const keepAliveTimeoutMs = number('keepAliveTimeout', -1) ?? 10_000;
  const connectionName = options.get('connectionName');
  // It goes with each call, as a header does.
  if (connectionName !== undefined && !/^[\x20-\x7e]+$/.test(connectionName)) {
    throw invalid('connectionName has a character that is not ASCII.');
  }
  return {
    endpoints,
    discovers: discover !== undefined || endpoints.length > 1,
    user,
    tls: parseBoolean(options, 'tls') === false ? undefined : readTls(options),
    keepAliveIntervalMs: keepAliveIntervalMs === -1 ? undefined : keepAliveIntervalMs,
    keepAliveTimeoutMs: keepAliveTimeoutMs === -1 ? 2 ** 31 - 1 : keepAliveTimeoutMs,
    // The one option in seconds.
    gossipTimeoutMs: (number('gossipTimeout', 1) ?? 5) * 1_000,
    discoveryIntervalMs: number('discoveryInterval', 1) ?? 100,
    maxDiscoverAttempts: number('maxDiscoverAttempts', 1),
    connectionName,
    deadlineMs: number('defaultDeadline', 1),
  };
}

function parseAuthority(authority: string): { user: ConnectionSettings['user']; hosts: string } {
  const parts = authority.split('@');
  const [hosts = ''] = parts.slice(-1);
  if (parts.length > 2 || /[/#\s]/.test(authority)) throw invalid(ESCAPE);
  if (parts.length === 1) return { user: undefined, hosts };
  const [name, password, ...more] = (parts[0] ?? '').split(':');
  if (name === undefined || name === '' || password === undefined) throw invalid('Before the @ stands user:password.');
  if (more.length > 0) throw invalid(ESCAPE);
  return { user: { name: decode(name), password: decode(password) }, hosts };
}

function parseEndpoint(text: string): Endpoint {
  const [, host, digits] = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw invalid(`A host is a name or an address, a colon and a port; several are separated by commas. ${ESCAPE}`);
}

function parseOptions(query: string): Map<Option, string> {
  const options = new Map<Option, string>();
  for (const pair of query.split('&').filter((each) => each !== '')) {
    const [name = '', value = '', ...more] = pair.split('=');
    const option = OPTIONS.find((each) => flat(each) === flat(name));
    if (option === undefined) {
      // What has no value, or a digit in it, is more likely a part of a password with a `?`.
      const named = value !== '' && /^[a-z_-]{1,40}$/i.test(name) ? `The option ${name}` : 'One of its options';
      throw invalid(`${named} does not exist. There are: ${OPTIONS.join(', ')}.`);
    }
    if (value === '' || more.length > 0) throw invalid(`${option} needs a value. ${ESCAPE}`);
    options.set(option, decode(value));
  }
  return options;
}

/** What the client took and we do not mean. */
function refuseOptions(options: Map<Option, string>): void {
  if (parseBoolean(options, 'tlsVerifyCert') === false) {
    throw invalid(
      'tlsVerifyCert=false would talk to anybody who answers in the server’s place. ' +
        'Leave it out, and name the authority that signed the server’s certificate: tlsCAFile=/path/to/ca.crt',
    );
  }
  // The client then answered every failed append with revision 1 (6.2.1).
  if (parseBoolean(options, 'throwOnAppendFailure') === false) throw invalid('Leave throwOnAppendFailure out.');
  if (flat(options.get('nodePreference') ?? 'leader') !== 'leader') {
    throw invalid('nodePreference can only be leader: a node that follows may lag behind.');
  }
}

function readTls(options: Map<Option, string>): NonNullable<ConnectionSettings['tls']> {
  const ca = readPem(options, 'tlsCAFile');
  const certificate = readPem(options, 'userCertFile');
  const key = readPem(options, 'userKeyFile');
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid('userCertFile and userKeyFile belong together.');
  }
  if (ca !== undefined && !isCertificate(ca)) throw invalid('tlsCAFile is not a certificate in PEM.');
  if (certificate !== undefined && !isCertificate(certificate)) {
    throw invalid('userCertFile is not a certificate in PEM.');
  }
  if (!isKeyOf(key, certificate)) throw invalid('userKeyFile is not the private key of userCertFile, in PEM.');
  return { ...(ca && { ca }), ...(certificate && { certificate }), ...(key && { key }) };
}

/** All authorities that an operating system trusts have a quarter of it. */
const MAX_PEM_BYTES = 1_048_576;

function readPem(options: Map<Option, string>, option: Option): Buffer | undefined {
  const path = options.get(option);
  if (path === undefined) return undefined;
  try {
    return readBoundedSync(path, { maxBytes: MAX_PEM_BYTES });
  } catch (error) {
    if (!(error instanceof FileUnreadable)) throw error;
    throw invalid(`The file that ${option} names can’t be read (${error.reason}).`);
  }
}

function isCertificate(pem: Buffer): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function isKeyOf(key: Buffer | undefined, certificate: Buffer | undefined): boolean {
  try {
    createSecureContext({ key, cert: certificate });
    return true;
  } catch {
    return false;
  }
}

function parseBoolean(options: Map<Option, string>, option: Option): boolean | undefined {
  const value = options.get(option);
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false') throw invalid(`${option} is true or false.`);
  return value === 'true';
}

function parseNumber(options: Map<Option, string>, option: Option, least: number): number | undefined {
  const value = options.get(option);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= least && number < 2 ** 31) return number;
  throw invalid(`${option} is a whole number, ${least} at least.`);
}

function flat(name: string): string {
  return name.trim().toLowerCase().replace(/[_-]/g, '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(ESCAPE);
  }
}

function invalid(why: string): Invalid {
  return new Invalid(
    'event-store-url-invalid',
    `EVENT_STORE_URL, which is like esdb://user:password@host:2113?tlsCAFile=ca.crt, has a mistake. ${why}`,
  );
}
