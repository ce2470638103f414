import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Timeouts } from '../../../src/events/mcpServer.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { Eras } from '../../../src/upstream/eras.ts';
import { createUpstreamAgents } from '../../../src/upstream/http/agents.ts';
import { openUpstream, type OpenOptions } from '../../../src/upstream/open.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';

interface ConnectOptions extends Partial<Pick<OpenOptions, 'via' | 'leaseRoom' | 'signal' | 'eras' | 'onListChanged'>> {
  readonly headers?: Record<string, string>;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** What is remembered of the server. */
  readonly era?: Era;
  readonly capabilities?: JsonObject | undefined;
  readonly transport?: LiveServer['transport'];
}

/** Connects to a server by its URL. */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Upstream> {
  const { headers, timeouts, era, capabilities = {}, transport = 'http', ...rest } = options;
  const server = { ...serverAt(url, { headers, timeouts }), transport };
  const eras = new Eras(() => 0);
  if (era !== undefined) eras.note(server, era);
  const agents = createUpstreamAgents();
  const client = { clientInfo: { name: 'metamcp', version: '1.2.3' }, capabilities };
  try {
    const upstream = await openUpstream(server, { agents, client, eras, ...rest });
    const dispose = upstream[Symbol.asyncDispose].bind(upstream);
    return Object.defineProperty(upstream, Symbol.asyncDispose, {
      value: async () => {
        await dispose();
        await agents[Symbol.asyncDispose]();
      },
    });
  } catch (error) {
    await agents[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes the configuration of a server. */
export function serverAt(
  url: string | URL,
  {
    headers = {},
    timeouts = {},
  }: Partial<Record<'headers', Record<string, string> | undefined>> & {
    timeouts?: Partial<Timeouts> | undefined;
  } = {},
): LiveServer {
  return {
    name: 'github',
    id: 'github',
    enabled: true,
    transport: 'http',
    url: new URL(url),
    headers,
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    limits: DEFAULT_LIMITS,
    revision: 0,
  };
}

/** Runs what must fail, and returns its error. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
