import { checkServerInput, type ServerInput } from '../../../../src/administration/serverInput.ts';
import { checkKeptSecrets } from '../../../../src/administration/keptSecrets.ts';
import type { LiveServer } from '../../../../src/live/liveServer.ts';
import { liveServerOf } from '../../../../src/live/liveServers.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../../src/events/mcpServer.ts';
import type { Stores } from '../../../../src/stores/stores.ts';
import { currentServer } from '../../../stores/currentServers.ts';
import { requireServer } from '../../../../src/administration/requireServer.ts';
import { newServer, revised, type ServerDraft } from '../change/serverDraft.ts';

/** A server that is not stored yet: everything else is left at its default. */
const NEW_SERVER = { id: 'draft', enabled: true, timeouts: DEFAULT_TIMEOUTS, limits: DEFAULT_LIMITS, revision: 0 };

/** Reads a server as it is stored. @throws NotFound; Invalid; Unavailable */
export async function serverToVisit(stores: Stores, name: string): Promise<LiveServer> {
  return (await readServer(stores, name)).server;
}

/**
 * Puts a draft over a server as it is stored, or over nothing.
 * @throws NotFound; Invalid; Unavailable; what checkServerInput and checkKeptSecrets throw
 */
export async function draftToVisit(stores: Stores, name: string | undefined, draft: ServerDraft): Promise<LiveServer> {
  if (name === undefined) return withDraftInput({ ...NEW_SERVER, name: 'draft' }, newServer(draft));
  const { server, input } = await readServer(stores, name);
  const revision = revised(input, draft);
  // A test sends the secrets as a call would.
  checkKeptSecrets(input, revision);
  return withDraftInput(server, revision);
}

async function readServer({ db, vault }: Stores, name: string): Promise<{ server: LiveServer; input: ServerInput }> {
  const row = await requireServer(db, name);
  const { input } = await currentServer(vault, row);
  return { server: liveServerOf(row, input.secrets), input };
}

function withDraftInput(
  server: Omit<LiveServer, 'transport' | 'url' | 'headers' | 'program'>,
  input: ServerInput,
): LiveServer {
  checkServerInput(server.name, input);
  const { transport, url, command, args = [], cwd, isolation } = input.settings;
  const { headers, env } = input.secrets;
  return {
    ...server,
    transport,
    url: url === undefined ? undefined : new URL(url),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value])),
    program: command === undefined ? undefined : { command, args, cwd, env, isolation },
  };
}
