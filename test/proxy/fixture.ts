import { afterEach } from 'vitest';
import { openGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { openRawUpstream, openUpstream, type Answer, type Upstream } from './upstream.ts';
import type { Socket } from 'node:net';

export interface Setup {
  readonly gateway: TestGateway;
  readonly upstream: Upstream;
}

export interface Fixture {
  use<T extends AsyncDisposable>(resource: T): T;
  /** Opens a gateway with the server `files`, which answers as given. */
  gatewayTo(answer: Answer, options?: TestGatewayOptions): Promise<Setup>;
  /** The same, with a server that speaks TCP as given. */
  gatewayToRaw(answer: (socket: Socket) => void, options?: TestGatewayOptions): Promise<Setup>;
}

/** Gives a test file resources that are disposed of after each of its tests. */
export function fixture(): Fixture {
  let stack = new AsyncDisposableStack();
  afterEach(async () => {
    const used = stack;
    stack = new AsyncDisposableStack();
    await used.disposeAsync();
  });
  async function open(upstream: Upstream, options: TestGatewayOptions | undefined): Promise<Setup> {
    stack.use(upstream);
    const gateway = stack.use(await openGateway({ ...options, limits: { drainMs: 0, ...options?.limits } }));
    gateway.servers.set('files', upstream.url);
    return { gateway, upstream };
  }
  return {
    use: (resource) => stack.use(resource),
    gatewayTo: async (answer, options) => open(await openUpstream(answer), options),
    gatewayToRaw: async (answer, options) => open(await openRawUpstream(answer), options),
  };
}

/** A legacy request that every test server understands. */
export const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
