import { isAbsolute } from 'node:path';
import { Invalid } from '../errors/appError.ts';
import { CONNECTION_HEADERS, type ServerSecrets } from '../vault/serverSecrets.ts';
import { serverNameSchema, writtenSettingsSchema, type ServerSettings } from '../events/mcpServer.ts';
import { checkServerUrl } from '../events/serverUrl.ts';
import { isStorable } from '../events/storable.ts';
import { plainFault } from '../plainFault.ts';
import { isReservedMember } from '../reservedMembers.ts';

/** A server's settings without its secrets. */
export type PlainSettings = Omit<ServerSettings, 'sealed'>;

export interface ServerInput {
  readonly settings: PlainSettings;
  readonly secrets: ServerSecrets;
}

/** What a change makes of a server. */
export interface ServerRevision extends ServerInput {
  /**
   * Names of headers and variables whose values the change brings along. (Default: those only whose value is
   * another one than before)
   */
  readonly newValues?: { readonly headers: readonly string[]; readonly env: readonly string[] };
}

/** Makes the revision that replaces a whole server: it keeps no secret from before. */
export function wholeRevision({ settings, secrets }: ServerInput): ServerRevision {
  return { settings, secrets, newValues: { headers: Object.keys(secrets.headers), env: Object.keys(secrets.env) } };
}

/** A header's name is a token and its value has no control characters (RFC 9110, 5.1 and 5.5). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]{0,8192}$/;

/** Headers that belong to the connection or to the protocol, and so to the gateway. */
const RESERVED_HEADERS = new Set([
  ...CONNECTION_HEADERS,
  'accept',
  'accept-encoding',
  'content-type',
  'host',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
]);

/**
 * Tells a header that the gateway sends itself, whatever is configured, so that a client’s file loses nothing without it.
 * Host is none: a server that wants another one would not be reached.
 */
export function isGatewaysOwn(name: string): boolean {
  return RESERVED_HEADERS.has(name.toLowerCase()) && name.toLowerCase() !== 'host';
}

/** As a POSIX system takes them: the name without =, neither with U+0000. */
const VARIABLE_NAME = /^[^=\0]{1,1024}$/;

/** Bytes of JSON. A box is a third larger than what it holds, and all of it must fit into one append (encodeEvents.ts). */
const MAX_SETTINGS_BYTES = 262_144;
const MAX_SECRETS_BYTES = 524_288;

/** Headers, and variables: far more than servers want, and each header goes along with each call. */
const MAX_MEMBERS = 200;

/**
 * Checks a server before anything is done with it: as its event will be, and what the event's schema can't say.
 * @throws Invalid `server-name-invalid`, `server-url-invalid`, `server-url-has-credentials`, `server-header-invalid`,
 * `server-variable-invalid`, `server-settings-invalid`, `server-too-large`, `header-repeated`, `server-command-required`,
 * `server-cwd-invalid`, `server-headers-unexpected`
 */
export function checkServerInput(name: string, { settings, secrets }: ServerInput): void {
  const parsed = serverNameSchema.safeParse(name);
  if (!parsed.success) {
    throw new Invalid(
      'server-name-invalid',
      'A server’s name is 1 to 32 of a-z, 0-9 and -, and does not begin with -.',
      {
        data: { name },
      },
    );
  }
  if (isReservedMember(name)) {
    const message = `No server can be called "${name}": in files and programs that name means something else.`;
    throw new Invalid('server-name-invalid', message, { data: { name } });
  }
  if (settings.transport === 'stdio') checkProgram(settings, secrets);
  else checkServerUrl(settings.url ?? '');
  checkSettings(settings);
  checkCount('headers', secrets.headers);
  checkCount('variables', secrets.env);
  for (const [header, value] of Object.entries(secrets.headers)) checkHeader(header, value);
  checkHeadersOnce(Object.keys(secrets.headers));
  for (const [variable, value] of Object.entries(secrets.env)) checkVariable(variable, value);
  checkSize('settings', settings, MAX_SETTINGS_BYTES);
  checkSize('headers and variables', secrets, MAX_SECRETS_BYTES);
}

/** @throws Invalid where it could not be started as it stands, wherever the gateway itself runs */
function checkProgram({ command = '', cwd }: PlainSettings, { headers }: ServerSecrets): void {
  if (command.trim() === '') {
    throw new Invalid('server-command-required', 'A stdio server needs a command: the program that starts it.');
  }
  if (cwd !== undefined && !isAbsolute(cwd)) {
    const message = `The working directory of a program must begin with /, for the gateway runs in a folder of its own.`;
    throw new Invalid('server-cwd-invalid', message, { data: { cwd } });
  }
  const [header] = Object.keys(headers);
  if (header === undefined) return;
  throw new Invalid(
    'server-headers-unexpected',
    'A stdio server is sent no headers: give it what it needs to know as variables of its environment.',
    { data: { header } },
  );
}

function checkSettings(settings: PlainSettings): void {
  const parsed = writtenSettingsSchema.safeParse(settings, { error: plainFault });
  if (parsed.success) return;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  const field = path.join('.');
  throw new Invalid('server-settings-invalid', `A server’s ${field} ${message}.`, { data: { field } });
}

function checkCount(what: string, members: object): void {
  const count = Object.keys(members).length;
  if (count <= MAX_MEMBERS) return;
  const message = `A server may have ${MAX_MEMBERS} ${what}; these are ${count}.`;
  throw new Invalid('server-too-large', message, { data: { count, max: MAX_MEMBERS } });
}

function checkSize(what: string, value: object, maxBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= maxBytes) return;
  throw new Invalid(
    'server-too-large',
    `A server’s ${what} may have ${maxBytes} bytes together; these have ${bytes}. Make them shorter, or fewer.`,
    { data: { bytes, maxBytes } },
  );
}

function checkVariable(name: string, value: string): void {
  // The value is a secret: an error never repeats it.
  refuseReserved('variable', name);
  if (VARIABLE_NAME.test(name) && isStorable(name) && isStorable(value)) return;
  throw new Invalid(
    'server-variable-invalid',
    'A variable’s name or value has characters that no environment can hold: =, U+0000 or half a surrogate pair.',
    { data: { variable: name.slice(0, 128) } },
  );
}

/** A header's name has no case (RFC 9110, 5.1), so of two only one could be sent. */
function checkHeadersOnce(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new Invalid(
        'header-repeated',
        `The header ${name} is there twice: ${other} is the same one, for a header’s name has no case. Leave one out.`,
        { data: { header: name, other } },
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}

/** It would be lost: libraries drop such a member of what they read. */
function refuseReserved(what: 'header' | 'variable', name: string): void {
  if (!isReservedMember(name)) return;
  throw new Invalid(`server-${what}-invalid`, `A ${what} can’t be called ${name}.`, { data: { [what]: name } });
}

function checkHeader(name: string, value: string): void {
  refuseReserved('header', name);
  // The value is a secret: an error never repeats it.
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
    const shown = JSON.stringify(name.slice(0, 128));
    const what = HEADER_NAME.test(name)
      ? `The value of the header ${shown} has characters that HTTP does not allow, such as a line break.`
      : `A header can’t be called ${shown}: HTTP does not allow all of its characters.`;
    throw new Invalid('server-header-invalid', what, { data: { header: name.slice(0, 128) } });
  }
  if (RESERVED_HEADERS.has(name.toLowerCase())) {
    throw new Invalid('server-header-invalid', `The header ${name} is the gateway’s own and can’t be configured.`, {
      data: { header: name },
    });
  }
}
