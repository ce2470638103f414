import type { ServerInput } from '../../../../src/administration/serverInput.ts';
import { checkKeptSecrets } from '../../../../src/administration/keptSecrets.ts';
import type { LiveServer } from '../../../../src/live/liveServer.ts';
import { liveServerOf } from '../../../../src/live/liveServers.ts';
import type { ServerSecrets } from '../../../../src/vault/serverSecrets.ts';
import { Invalid } from '../../../../src/errors/appError.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../../src/events/mcpServer.ts';
import type { Stores } from '../../../../src/stores/stores.ts';
import { currentServer } from '../../../stores/currentServers.ts';
import { requireServer } from '../../../stores/requireServer.ts';
import { revised, withDraft, type ServerDraft } from '../change/serverDraft.ts';

/** A server that is not stored yet: everything else is left at its default. */
const NEW_SERVER = { id: 'draft', enabled: true, timeouts: DEFAULT_TIMEOUTS, limits: DEFAULT_LIMITS, revision: 0 };

/** Reads a server as it is stored. @throws NotFound; Invalid; Unavailable */
export async function serverToVisit(stores: Stores, name: string): Promise<LiveServer> {
  const { server } = await readServer(stores, name);
  if (server.transport !== 'http') throw notHttp();
  return server;
}

/**
 * Puts a draft over a server as it is stored, or over nothing.
 * @throws NotFound; Invalid; Unavailable; what checkKeptSecrets throws
 */
export async function draftToVisit(stores: Stores, name: string | undefined, draft: ServerDraft): Promise<LiveServer> {
  if (name === undefined) return withAddress({ ...NEW_SERVER, name: 'draft' }, draft, { headers: {}, env: {} });
  const { server, input } = await readServer(stores, name);
  // A test sends the secrets as a call would.
  checkKeptSecrets(input, revised(input, draft));
  return withAddress(server, draft, input.secrets);
}

async function readServer({ db, vault }: Stores, name: string): Promise<{ server: LiveServer; input: ServerInput }> {
  const row = await requireServer(db, name);
  const { input } = await currentServer(vault, row);
  return { server: liveServerOf(row, input.secrets), input };
}

function withAddress(
  server: Omit<LiveServer, 'transport' | 'url' | 'headers'>,
  draft: ServerDraft,
  secrets: ServerSecrets,
): LiveServer {
  const { transport, url } = draft;
  if (transport !== 'http' || !URL.canParse(url)) throw notHttp();
  const headers = Object.entries(withDraft(secrets, draft).secrets.headers);
  return {
    ...server,
    transport,
    url: new URL(url),
    headers: Object.fromEntries(headers.map(([header, value]) => [header.toLowerCase(), value])),
  };
}

function notHttp(): Invalid {
  return new Invalid('not-an-http-server', 'This version reaches servers over Streamable HTTP only.');
}
