import { keysIn } from '../../../src/auth/keyFormat.ts';
import type { ForeignServer } from '../../../src/configuration/foreignServer.ts';
import type { Template } from '../../../src/configuration/template.ts';
import { isLoopback } from '../../../src/loopback.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { findKey } from '../../../src/projections/tables/apiKeys.ts';
import type { Settings } from '../../../src/settings/settings.ts';

type Place = Pick<Settings, 'host' | 'port' | 'allowedHosts'>;

/**
 * Finds the entries of a client's file that lead to the gateway of this installation, as `connect` writes them: by its address, or
 * with one of its keys. As servers they would lead it to itself, by the client's own key.
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

function leadsHere({ address }: ForeignServer, { host, port, allowedHosts }: Place): boolean {
  if (address.transport === 'stdio') return false;
  const url = URL.parse(literal(address.url));
  if (url === null || !/^\/mcp(?:\/|$)/.test(url.pathname)) return false;
  // By another port, too, it is a name of this gateway, as behind a reverse proxy.
  if (allowedHosts.some((name) => [url.host, url.hostname].includes(name.toLowerCase()))) return true;
  const itsPort = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return itsPort === port && (isLoopback(url.hostname) || url.hostname === host.toLowerCase());
}

async function hasOwnKey({ headers }: ForeignServer, db: Queryable): Promise<boolean> {
  for (const { id } of Object.values(headers).flatMap((template) => keysIn(literal(template)))) {
    if ((await findKey(db, id)) !== undefined) return true;
  }
  return false;
}

function literal(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : '')).join('');
}
