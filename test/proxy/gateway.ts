import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { compileGrants } from '../../src/auth/grants.ts';
import type { LiveServer, LiveServers } from '../../src/auth/liveServer.ts';
import type { Authenticate, Exchange, Principal } from '../../src/auth/principal.ts';
import { Unauthorized } from '../../src/errors.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logger.ts';
import type { CallEvent } from '../../src/callEvent.ts';
import type { Hosts } from '../../src/proxy/hostPolicy.ts';
import type { ProxyLimits } from '../../src/proxy/limits.ts';
import { createMcpEndpoint, type McpEndpoint } from '../../src/proxy/mcpEndpoint.ts';
import { createUpstreamAgents } from '../../src/upstream/agents.ts';

/** Keys in memory: the port that src/auth fills from the read tables. */
export class MemoryKeys {
  readonly #principals = new Map<string, MemoryPrincipal>();

  add(
    token: string,
    options: { keyId?: string; grants?: readonly string[]; scopes?: Principal['scopes'] } = {},
  ): MemoryPrincipal {
    const { keyId = `key-of-${token}`, grants = ['*'], scopes = new Set(['mcp'] as const) } = options;
    const principal = new MemoryPrincipal(keyId, scopes, grants);
    this.#principals.set(token, principal);
    return principal;
  }

  readonly authenticate: Authenticate = ({ authorization, 'x-api-key': key }) => {
    const token = authorization?.replace(/^Bearer /, '') ?? key;
    const principal = typeof token === 'string' ? this.#principals.get(token) : undefined;
    if (principal === undefined || principal.revoked) throw new Unauthorized('key-invalid', 'The key is not good.');
    return principal;
  };
}

export class MemoryPrincipal implements Principal {
  readonly keyId: string;
  readonly keyName = 'test';
  readonly scopes: Principal['scopes'];
  readonly grants: Principal['grants'];
  readonly exchanges = new Set<Exchange>();
  revoked = false;

  constructor(keyId: string, scopes: Principal['scopes'], grants: readonly string[]) {
    this.keyId = keyId;
    this.scopes = scopes;
    this.grants = compileGrants(grants);
  }

  attach(exchange: Exchange): void {
    if (this.revoked) throw new Unauthorized('key-inactive', 'The key was inactivated.');
    this.exchanges.add(exchange);
  }

  detach(exchange: Exchange): void {
    this.exchanges.delete(exchange);
  }

  revoke(): void {
    this.revoked = true;
    for (const exchange of [...this.exchanges])
      exchange.cut(new Unauthorized('key-inactive', 'The key was inactivated.'));
  }
}

/** Servers in memory, with the change feed's part played by `set` and `remove`. */
export class MemoryServers implements LiveServers {
  readonly #servers = new Map<string, LiveServer>();
  readonly #listeners = new Set<(name: string, server: LiveServer | undefined) => void>();

  find(name: string): LiveServer | undefined {
    return this.#servers.get(name);
  }

  onChange(listener: (name: string, server: LiveServer | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(name: string, url: string, changes: Partial<LiveServer> = {}): void {
    const server: LiveServer = {
      name,
      id: name,
      enabled: true,
      transport: 'http',
      url: new URL(url),
      headers: {},
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
      revision: (this.#servers.get(name)?.revision ?? -1) + 1,
      ...changes,
    };
    this.#servers.set(name, server);
    for (const listener of this.#listeners) listener(name, server);
  }

  remove(name: string): void {
    this.#servers.delete(name);
    for (const listener of this.#listeners) listener(name, undefined);
  }
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly endpoint: McpEndpoint;
  readonly servers: MemoryServers;
  readonly keys: MemoryKeys;
  readonly events: CallEvent[];
  /** Moves the gateway's clock on; its one timer runs every few real milliseconds. */
  advance(ms: number): void;
}

export interface TestGatewayOptions {
  readonly servers?: MemoryServers;
  readonly authenticate?: Authenticate;
  readonly sessionKey?: Buffer;
  readonly limits?: Partial<ProxyLimits>;
  readonly hosts?: Hosts;
}

/** The endpoint on a real socket, over servers and keys in memory; the token `good` may do everything. */
export async function openGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { sessionKey = randomBytes(32), hosts = { allowedHosts: [], allowedOrigins: [] }, limits } = options;
  const servers = options.servers ?? new MemoryServers();
  const keys = new MemoryKeys();
  keys.add('good');
  const events: CallEvent[] = [];
  let now = 1_700_000_000_000;
  const agents = createUpstreamAgents();
  const endpoint = createMcpEndpoint({
    authenticate: options.authenticate ?? keys.authenticate,
    servers,
    agents,
    sessionKey,
    clock: () => now,
    logger: createLogger('silent'),
    limits: { sweepMs: 5, ...limits },
    hosts,
    onCall: (event) => events.push(event),
  });
  const server = createServer((req, res) => {
    endpoint.handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not an IP socket');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    port: address.port,
    endpoint,
    servers,
    keys,
    events,
    advance(ms) {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await endpoint[Symbol.asyncDispose]();
      await agents[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
