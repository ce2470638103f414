import { Invalid } from '../errors/appError.ts';
import { addressOf } from '../events/serverAddress.ts';
import type { ServerSecrets } from '../vault/serverSecrets.ts';
import { foldName } from './secretRevision.ts';
import type { ServerInput, ServerRevision } from './serverInput.ts';

/**
 * Checks that secrets which a change leaves as they are stay with the server that they were given for. Whoever may change
 * servers may not read their secrets, and would get them by moving the server to an address of their own; and what one
 * address may know is not meant for the next one.
 * @throws Invalid `server-secrets-needed`, which names them
 */
export function checkKeptSecrets(current: ServerInput, next: ServerRevision): void {
  if (addressOf(current.settings) === addressOf(next.settings)) return;
  const { headers, env } = keptSecrets(current.secrets, next);
  if (headers.length + env.length === 0) return;
  throw new Invalid(
    'server-secrets-needed',
    'A server that moves (anything of its URL but the query, its transport, or its command) keeps no header and no ' +
      `variable: give ${[...headers, ...env].join(', ')} anew, or take what is not needed out.`,
    { data: { headers, env } },
  );
}

/** Names the secrets that a change leaves as they are. */
export function keptSecrets(
  before: ServerSecrets,
  { secrets, newValues }: Pick<ServerRevision, 'secrets' | 'newValues'>,
): { readonly headers: readonly string[]; readonly env: readonly string[] } {
  return {
    headers: kept('headers', before, secrets, newValues?.headers),
    env: kept('env', before, secrets, newValues?.env),
  };
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
