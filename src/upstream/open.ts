import { Unavailable } from '../errors/appError.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { otherEra, type Era } from '../mcp/eras.ts';
import type { Eras } from './eras.ts';
import type { HttpOptions } from './http/httpOptions.ts';
import { openHttp } from './http/openHttp.ts';
import { openSse } from './sse/openSse.ts';
import type { ProcessPool } from './stdio/processPool.ts';
import type { ProcessUser } from './stdio/processSharing.ts';
import type { Upstream } from './upstream.ts';

export interface OpenOptions extends HttpOptions {
  /** What is known of the eras of servers. (Default: nothing; the server is probed) */
  readonly eras?: Eras | undefined;
  /**
   * Tried first, unless the server is known not to speak it: that of the client, so that a server of both eras is spoken with in
   * its own. (Default: the known one, else the modern one)
   */
  readonly era?: Era | undefined;
  /** For servers on stdio. (Default: none; they can't be opened) */
  readonly processes?: Pick<ProcessPool, 'open'> | undefined;
  /** Of the work that it is opened for, for requests that name no other span. (Default: none) */
  readonly traceparent?: string | undefined;
  /** Who a process is for. (Default: our own program) */
  readonly user?: ProcessUser | undefined;
}

/**
 * Opens a conversation with a configured server, over its transport and in its era. An era that is no longer the server's is
 * corrected: the other one is tried before the opening fails.
 * @throws UpstreamError, Unavailable (`transport-not-supported` for what this version does not speak), the reason of the signal
 */
export async function openUpstream(
  server: LiveServer,
  { eras, era, traceparent: _, ...options }: OpenOptions,
): Promise<Upstream> {
  const first = firstEra(server, era, eras);
  try {
    const upstream = await openTransport(server, options, first);
    const spoken = upstream.facts.era;
    eras?.note(server, spoken);
    if (spoken !== (first ?? 'modern')) eras?.note(server, otherEra(spoken), false);
    return upstream;
  } catch (error) {
    // The memory may be why: the next opening finds out anew.
    eras?.forget(server);
    throw error;
  }
}

function firstEra(server: LiveServer, era: Era | undefined, eras: Eras | undefined): Era | undefined {
  if (era === undefined) return eras?.recall(server);
  return eras?.speaks(server, era) === false ? otherEra(era) : era;
}

async function openTransport(
  server: LiveServer,
  { processes, user, ...options }: Omit<OpenOptions, 'eras' | 'era'>,
  era: Era | undefined,
): Promise<Upstream> {
  const { name, transport } = server;
  if (transport === 'http') return await openHttp(server, options, era);
  if (transport === 'sse') return await openSse(server, options);
  if (transport === 'stdio' && processes !== undefined) {
    return await processes.open(server, { client: options.client, era, user, signal: options.signal });
  }
  throw new Unavailable(
    'transport-not-supported',
    `The server "${name}" uses the transport "${transport}", which this version does not speak.`,
    { data: { server: name } },
  );
}
