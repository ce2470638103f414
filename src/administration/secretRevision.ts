import type { ServerSecrets } from '../vault/serverSecrets.ts';
import type { ServerRevision } from './serverInput.ts';

/** What becomes of a server's headers and variables; the others stay as they are. */
export interface SecretChanges {
  readonly set?: Partial<ServerSecrets>;
  /** Names. */
  readonly remove?: { readonly headers?: readonly string[]; readonly env?: readonly string[] };
}

/** Makes names comparable: a header's name has no case (RFC 9110, 5.1), a variable's has. */
export function foldName(kind: keyof ServerSecrets, name: string): string {
  return kind === 'headers' ? name.toLowerCase() : name;
}

/** Puts headers and variables over those that a server has. */
export function reviseSecrets(
  before: ServerSecrets,
  { set: { headers = {}, env = {} } = {}, remove = {} }: SecretChanges,
): Required<Pick<ServerRevision, 'secrets' | 'newValues'>> {
  return {
    secrets: {
      headers: { ...without('headers', before, [...(remove.headers ?? []), ...Object.keys(headers)]), ...headers },
      env: { ...without('env', before, [...(remove.env ?? []), ...Object.keys(env)]), ...env },
    },
    newValues: { headers: Object.keys(headers), env: Object.keys(env) },
  };
}

function without(
  kind: keyof ServerSecrets,
  secrets: ServerSecrets,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const gone = new Set(names.map((name) => foldName(kind, name)));
  return Object.fromEntries(Object.entries(secrets[kind]).filter(([name]) => !gone.has(foldName(kind, name))));
}
