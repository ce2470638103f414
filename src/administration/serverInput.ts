import { isAbsolute } from 'node:path';
import { Invalid } from '../errors/appError.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import { checkSecrets, checkSize } from './checkSecrets.ts';
import { serverNameSchema, writtenSettingsSchema, type ServerSettings } from '../events/mcpServer.ts';
import { checkServerUrl } from '../events/serverUrl.ts';
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

/** Bytes of JSON. A box is a third larger than what it holds, and all of it must fit into one append (encodeEvents.ts). */
const MAX_SETTINGS_BYTES = 262_144;
const MAX_SECRETS_BYTES = 524_288;

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
  if (settings.transport === 'stdio') checkProgram(settings);
  else checkServerUrl(settings.url ?? '');
  checkSettings(settings);
  checkSecrets(settings.transport, secrets);
  checkSize('settings', settings, MAX_SETTINGS_BYTES);
  checkSize('headers and variables', secrets, MAX_SECRETS_BYTES);
}

/** @throws Invalid where it could not be started as it stands, wherever the gateway itself runs */
function checkProgram({ command = '', cwd }: PlainSettings): void {
  if (command.trim() === '') {
    throw new Invalid('server-command-required', 'A stdio server needs a command: the program that starts it.');
  }
  if (cwd !== undefined && !isAbsolute(cwd)) {
    const message = `The working directory of a program must begin with /, for the gateway runs in a folder of its own.`;
    throw new Invalid('server-cwd-invalid', message, { data: { cwd } });
  }
}

function checkSettings(settings: PlainSettings): void {
  const parsed = writtenSettingsSchema.safeParse(settings, { error: plainFault });
  if (parsed.success) return;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  const field = path.join('.');
  throw new Invalid('server-settings-invalid', `A server’s ${field} ${message}.`, { data: { field } });
}
