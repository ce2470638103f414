import { performance } from 'node:perf_hooks';
import { checkKeptSecrets } from '../../../src/administration/keptSecrets.ts';
import type { LiveServer } from '../../../src/auth/liveServer.ts';
import type { ServerSecrets } from '../../../src/auth/serverSecrets.ts';
import { Invalid, Refused } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import type { Stores } from '../../../src/stores.ts';
import { createUpstreamAgents } from '../../../src/upstream/agents.ts';
import { connectUpstream, type UpstreamClient } from '../../../src/upstream/client.ts';
import { VERSION } from '../../../src/version.ts';
import { currentServer } from '../../commands/configuration/currentServers.ts';
import { requireServer } from '../../requireServer.ts';
import type { ServerDraft } from '../state/draft.ts';
import { revised, withDraft } from './serverInput.ts';

/** Enough for a server that starts on demand; a person waits. */
const CONNECT_MS = 30_000;

/** A conversation with a server, and how long it took to get there. */
export interface Visit {
  readonly client: UpstreamClient;
  readonly connectMs: number;
}

/** Connects to a server as the gateway would, and closes when `work` has ended. @throws what connectUpstream and `work` throw */
export async function visit<T>(
  server: LiveServer,
  signal: AbortSignal,
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  await using agents = createUpstreamAgents();
  const began = performance.now();
  const patience = AbortSignal.timeout(CONNECT_MS);
  try {
    await using client = await connectUpstream({
      server,
      dispatcher: agents.forServer(server).connections,
      clientInfo: { name: 'metamcp', version: VERSION },
      signal,
    });
    return await work({ client, connectMs: Math.round(performance.now() - began) });
  } catch (error) {
    if (signal.aborted) throw new Refused('cancelled', 'It was cancelled.');
    if (patience.aborted) throw new Refused('upstream-timeout', 'The server did not answer in time.');
    throw error;
  }
}

/** Reads a server as it is stored, with a draft over it when there is one. @throws NotFound; Invalid; Unavailable; what checkKeptSecrets throws */
export async function serverToVisit(
  { db, vault }: Stores,
  name: string | undefined,
  draft: ServerDraft | undefined,
): Promise<LiveServer> {
  if (name === undefined) return liveServer('draft', draft, { headers: {}, env: {} });
  const row = await requireServer(db, name);
  const { input } = await currentServer(vault, row);
  const { secrets } = input;
  if (draft !== undefined) {
    // A test sends them as a call would.
    checkKeptSecrets(input, revised(input, draft));
    return liveServer(name, draft, secrets);
  }
  return {
    ...liveServer(
      name,
      { transport: row.transport, url: row.url ?? '', title: '', description: '', headers: {}, drop: [] },
      secrets,
    ),
    enabled: row.status === 'enabled',
    timeouts: row.timeouts,
    limits: row.limits,
    revision: row.revision,
  };
}

function liveServer(name: string, draft: ServerDraft | undefined, secrets: ServerSecrets): LiveServer {
  if (draft === undefined) throw new TypeError('a server or a draft');
  if (draft.transport !== 'http' || !URL.canParse(draft.url)) {
    throw new Invalid('not-an-http-server', 'This version reaches servers over Streamable HTTP only.');
  }
  const { headers } = withDraft(secrets, draft);
  return {
    name,
    id: name,
    enabled: true,
    transport: draft.transport,
    url: new URL(draft.url),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value])),
    timeouts: DEFAULT_TIMEOUTS,
    limits: DEFAULT_LIMITS,
    revision: 0,
  };
}
