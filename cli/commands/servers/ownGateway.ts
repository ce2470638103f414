import { keysIn } from '../../../src/auth/keyFormat.ts';
import type { ForeignAddress, ForeignServer } from '../../../src/configuration/foreignServer.ts';
import type { Template } from '../../../src/configuration/template.ts';
import { isLoopback } from '../../../src/loopback.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { findKey } from '../../../src/projections/tables/apiKeys.ts';
import type { Settings } from '../../../src/settings/settings.ts';

type Place = Pick<Settings, 'host' | 'port' | 'allowedHosts'>;

/** Connecting to them reaches this machine. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Finds the entries of a client's file that lead to the gateway of this installation, as `connect` writes them: by its address, or
 * with one of its keys; also through a program that the client starts. As servers they would lead it to itself, by the client's own key.
 */
export async function findOwnGateway(
  servers: readonly ForeignServer[],
  { settings, db }: { readonly settings: Place; readonly db: Queryable },
): Promise<ReadonlySet<ForeignServer>> {
  const own = new Set<ForeignServer>();
  for (const server of servers) {
    if (leadsHere(server, settings) || (await hasOwnKey(server, db))) own.add(server);
  }
  return own;
}

function leadsHere({ address }: ForeignServer, place: Place): boolean {
  return target(address)
    .flatMap((text) => text.match(/https?:\/\/[^\s'"]+/gi) ?? [])
    .some((url) => isHere(URL.parse(url), place));
}

function isHere(url: URL | null, { host, port, allowedHosts }: Place): boolean {
  if (url === null || !/^\/mcp(?:\/|$)/.test(url.pathname)) return false;
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const itsPort = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const names = allowedHosts.map((each) => each.toLowerCase());
  if (names.includes(`${name}:${itsPort}`)) return true;
  // The standard port is that of a reverse proxy. On another one of the same host, as Docker's, there are servers as any other.
  if (names.includes(name) && (url.port === '' || itsPort === port)) return true;
  return itsPort === port && (isLoopback(name) || UNSPECIFIED.has(name) || name === host.toLowerCase());
}

async function hasOwnKey({ address, headers, env }: ForeignServer, db: Queryable): Promise<boolean> {
  const texts = [...target(address), ...[...Object.values(headers), ...Object.values(env)].map(literal)];
  for (const { id } of texts.flatMap(keysIn)) {
    if ((await findKey(db, id)) !== undefined) return true;
  }
  return false;
}

/** The texts that may say where a server is. */
function target(address: ForeignAddress): string[] {
  return (address.transport === 'stdio' ? (address.args ?? []) : [address.url]).map(literal);
}

function literal(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : '')).join('');
}
