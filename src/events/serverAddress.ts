import { createHash } from 'node:crypto';
import type { ServerSettings } from './mcpServer.ts';

/** The settings that decide who gets what is sent to a server. */
export type AddressSettings = Pick<ServerSettings, 'transport'> & {
  readonly [Name in 'url' | 'command' | 'args' | 'cwd']?: ServerSettings[Name] | null;
};

/** Writes what decides who gets a server's secrets: a URL without its query, or the whole command line. */
export function addressOf({ transport, url, command, args, cwd }: AddressSettings): string {
  return JSON.stringify([
    transport,
    typeof url === 'string' ? whereabouts(url) : null,
    command ?? null,
    args ?? [],
    cwd ?? null,
  ]);
}

/** The digest of an address, short enough for an event. */
export function addressDigest(settings: AddressSettings): string {
  return createHash('sha256').update(addressOf(settings), 'utf8').digest('base64url');
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
