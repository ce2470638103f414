import type { PlainSettings, ServerInput } from '../administration/serverInput.ts';
import { Invalid } from '../errors.ts';

/**
 * Checks that secrets which an update leaves as they are stay with the server that they were given for. Whoever may write
 * servers may not read their secrets, and would get them by moving the server to an address of their own.
 * @throws Invalid `server-secrets-needed`
 */
export function checkKeptSecrets(
  given: { readonly headers?: object | undefined; readonly env?: object | undefined },
  current: ServerInput,
  next: PlainSettings,
): void {
  const kept = [
    ...(given.headers === undefined ? Object.keys(current.secrets.headers) : []),
    ...(given.env === undefined ? Object.keys(current.secrets.env) : []),
  ];
  if (kept.length === 0 || addressOf(current.settings) === addressOf(next)) return;
  throw new Invalid(
    'server-secrets-needed',
    'A server that moves to another origin or command needs its headers and env anew; {} removes them.',
  );
}

/** What decides who gets the secrets: the origin of a URL, the whole command line. */
function addressOf({ transport, url, command, args, cwd }: PlainSettings): string {
  const origin = url === undefined ? undefined : (URL.parse(url)?.origin ?? url);
  return JSON.stringify([transport, origin, command, args, cwd]);
}
