import { Invalid } from '../errors/appError.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import { foldName } from './secretRevision.ts';
import type { PlainSettings, ServerInput, ServerRevision } from './serverInput.ts';

/**
 * Checks that secrets which a change leaves as they are stay with the server that they were given for. Whoever may change
 * servers may not read their secrets, and would get them by moving the server to an address of their own; and what one
 * address may know is not meant for the next one.
 * @throws Invalid `server-secrets-needed`, which names them
 */
export function checkKeptSecrets(current: ServerInput, next: ServerRevision): void {
  if (addressOf(current.settings) === addressOf(next.settings)) return;
  const headers = kept('headers', current.secrets, next.secrets, next.newValues?.headers);
  const env = kept('env', current.secrets, next.secrets, next.newValues?.env);
  if (headers.length + env.length === 0) return;
  throw new Invalid(
    'server-secrets-needed',
    'A server that moves (anything of its URL but the query, its transport, or its command) keeps no header and no ' +
      `variable: give ${[...headers, ...env].join(', ')} anew, or take what is not needed out.`,
    { data: { headers, env } },
  );
}

/** Names the secrets that are as before, and are not among the new values. */
function kept(
  kind: keyof ServerSecrets,
  before: ServerSecrets,
  after: ServerSecrets,
  newValues: readonly string[] = [],
): string[] {
  const anew = new Set(newValues.map((name) => foldName(kind, name)));
  // Under another name it is the same secret still.
  const values = new Set(Object.values(before[kind]));
  return Object.entries(after[kind])
    .filter(([name, value]) => !anew.has(foldName(kind, name)) && values.has(value))
    .map(([name]) => name);
}

/** What decides who gets the secrets: a URL without its query, the whole command line. */
function addressOf({ transport, url, command, args = [], cwd }: PlainSettings): string {
  return JSON.stringify([transport, url === undefined ? undefined : whereabouts(url), command, args, cwd]);
}

/**
 * What is equal stays equal however it is written (RFC 3986, 6.2.2): URL.parse folds the case of scheme and host, the
 * default port and dot segments; escapes are folded here. A fragment is not sent.
 */
function whereabouts(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  const path = url.pathname.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  return JSON.stringify([url.protocol, url.username, url.password, url.host, path]);
}
