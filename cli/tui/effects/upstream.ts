import { checkKeptSecrets } from '../../../src/administration/keptSecrets.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { liveServerOf } from '../../../src/live/liveServers.ts';
import type { ServerSecrets } from '../../../src/vault/serverSecrets.ts';
import { Invalid } from '../../../src/errors/appError.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { currentServer } from '../../commands/configuration/currentServers.ts';
import { requireServer } from '../../requireServer.ts';
import type { ServerDraft } from '../state/draft.ts';
import { revised, withDraft } from './serverInput.ts';

/** A server that is not stored yet: everything else is left at its default. */
const NEW_SERVER = { id: 'draft', enabled: true, timeouts: DEFAULT_TIMEOUTS, limits: DEFAULT_LIMITS, revision: 0 };

/** Reads a server as it is stored, with a draft over it when there is one. @throws NotFound; Invalid; Unavailable; what checkKeptSecrets throws */
export async function serverToVisit(
  { db, vault }: Stores,
  name: string | undefined,
  draft: ServerDraft | undefined,
): Promise<LiveServer> {
  if (name === undefined) {
    if (draft === undefined) throw new TypeError('a server or a draft');
    return drafted({ ...NEW_SERVER, name: 'draft' }, draft, { headers: {}, env: {} });
  }
  const row = await requireServer(db, name);
  const { input } = await currentServer(vault, row);
  const { secrets } = input;
  const stored = liveServerOf(row, secrets);
  if (draft === undefined) {
    if (row.transport !== 'http') throw notHttp();
    return stored;
  }
  // A test sends them as a call would.
  checkKeptSecrets(input, revised(input, draft));
  return drafted(stored, draft, secrets);
}

function drafted(
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
