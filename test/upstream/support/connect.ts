import { Agent } from 'undici';
import { DEFAULT_TIMEOUTS, type Timeouts } from '../../../src/events/mcpServer.ts';
import { connectUpstream, type UpstreamClient } from '../../../src/upstream/client.ts';

type ConnectOptions = Parameters<typeof connectUpstream>[0];

/** Connects to a server by its URL. */
export async function connect(
  url: string | URL,
  options: Partial<Omit<ConnectOptions, 'server' | 'dispatcher'>> & {
    headers?: Record<string, string>;
    timeouts?: Partial<Timeouts>;
  } = {},
): Promise<UpstreamClient> {
  const { headers = {}, timeouts, ...rest } = options;
  const merged = { ...DEFAULT_TIMEOUTS, ...timeouts };
  const dispatcher = new Agent({ connect: { timeout: merged.connectMs } });
  try {
    const client = await connectUpstream({
      server: { name: 'github', url: new URL(url), headers, timeouts: merged },
      dispatcher,
      clientInfo: { name: 'metamcp', version: '1.2.3' },
      ...rest,
    });
    const dispose = client[Symbol.asyncDispose].bind(client);
    return Object.defineProperty(client, Symbol.asyncDispose, {
      value: async () => {
        await dispose();
        await dispatcher.destroy();
      },
    });
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
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
