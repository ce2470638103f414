import { Invalid, Refused } from '../errors.ts';
import { CONNECTION_HEADERS, type ServerSecrets } from '../auth/serverSecrets.ts';
import { serverNameSchema, type ServerSettings } from '../events/mcpServer.ts';

/** A server's settings without its secrets. */
export type PlainSettings = Omit<ServerSettings, 'sealed'>;

export interface ServerInput {
  readonly settings: PlainSettings;
  readonly secrets: ServerSecrets;
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
 * Checks what the event's schema can't say about a server.
 * @throws Invalid `server-name-invalid`, `server-url-invalid`, `server-url-has-credentials`, `server-header-invalid`;
 * Refused `transport-not-served`
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
  if (settings.transport !== 'http') {
    throw new Refused(
      'transport-not-served',
      `This version reaches servers over Streamable HTTP only; ${settings.transport} servers can’t be registered.`,
      { data: { transport: settings.transport } },
    );
  }
  checkUrl(settings.url);
  for (const [header, value] of Object.entries(secrets.headers)) checkHeader(header, value);
}

function checkUrl(text: string | undefined): void {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Invalid('server-url-invalid', 'A server’s URL begins with http:// or https://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Invalid(
      'server-url-has-credentials',
      'A URL is shown in lists and logs, so it can’t carry a user or password. Use a header, which is stored encrypted.',
    );
  }
}

function checkHeader(name: string, value: string): void {
  // The value is a secret: an error never repeats it.
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
    throw new Invalid('server-header-invalid', 'A header’s name or value has characters that HTTP does not allow.', {
      data: { header: name.slice(0, 128) },
    });
  }
  if (RESERVED_HEADERS.has(name.toLowerCase())) {
    throw new Invalid('server-header-invalid', `The header ${name} is the gateway’s own and can’t be configured.`, {
      data: { header: name },
    });
  }
}
