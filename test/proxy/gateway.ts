import { createHostPolicy } from '../../src/proxy/hostPolicy.ts';
import { randomBytes } from 'node:crypto';
import type { Authenticate } from '../../src/auth/principal.ts';
import type { CallLimits } from '../../src/calls/callLimits.ts';
import { createCallRegister, type CallRegister } from '../../src/calls/callRegister.ts';
import { createFront } from '../../src/front/front.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { toProblem } from '../../src/api/problem.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { CallEvent } from '../../src/calls/callEvent.ts';
import type { Hosts } from '../../src/proxy/hostPolicy.ts';
import type { ProxyLimits } from '../../src/proxy/limits.ts';
import { Eras } from '../../src/upstream/eras.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { createMcpEndpoint, type McpEndpoint } from '../../src/proxy/endpoint.ts';
import { createForwardingMark } from '../../src/proxy/forwardingMark.ts';
import type { OpenUpstream } from '../../src/proxy/openUpstream.ts';
import { createVia } from '../../src/calls/via.ts';
import { MemoryKeys, MemoryServers } from '../calls/memory.ts';
import { MemoryEndedSessions } from '../calls/memoryEndedSessions.ts';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly endpoint: McpEndpoint;
  readonly register: CallRegister;
  readonly servers: MemoryServers;
  readonly keys: MemoryKeys;
  readonly events: CallEvent[];
  /** Moves the gateway's clock on; its one timer runs every few real milliseconds. */
  advance(ms: number): void;
}

export interface TestGatewayOptions {
  readonly servers?: MemoryServers;
  readonly keys?: MemoryKeys;
  readonly authenticate?: Authenticate;
  readonly sessionKey?: Buffer;
  /** Shared by gateways that are replicas of each other. */
  readonly endedSessions?: MemoryEndedSessions;
  readonly limits?: Partial<ProxyLimits & CallLimits>;
  readonly hosts?: Hosts;
  readonly unprefixed?: string;
  /** Where other replicas reach it. Its port is one that was free. */
  readonly peer?: { readonly port: number; readonly url: string };
  /** Opens servers of the transport stdio. (Default: an HTTP server stands behind their URL) */
  readonly openStdio?: OpenUpstream;
}

const CLIENT = { clientInfo: { name: 'metamcp', version: '1' }, capabilities: {} };

/** The endpoint on a real socket, over servers and keys in memory; the token `good` may do everything. */
export async function openGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { sessionKey = randomBytes(32), hosts = { allowedHosts: [], allowedOrigins: [] }, limits } = options;
  const servers = options.servers ?? new MemoryServers();
  const keys = options.keys ?? new MemoryKeys();
  keys.add('good');
  const events: CallEvent[] = [];
  let now = 1_700_000_000_000;
  const agents = createUpstreamAgents();
  const logger = createLogger('silent');
  const clock = () => now;
  const register = createCallRegister({
    invalidations: createInvalidationsByHand().invalidations,
    keys,
    servers,
    clock,
    steadyClock: clock,
    logger,
    limits: { sweepMs: 5, ...limits },
  });
  const eras = new Eras(clock);
  const open: OpenUpstream = ({ server, client, ...rest }) =>
    openUpstream(server, { agents, eras, client: { ...CLIENT, ...client }, ...rest });
  const { openStdio = ({ server, ...rest }) => open({ ...rest, server: { ...server, transport: 'http' } }) } = options;
  const endpoint = createMcpEndpoint({
    register,
    authenticate: options.authenticate ?? keys.authenticate,
    servers,
    keys,
    serverInfo: { name: 'metamcp', version: '1' },
    unprefixed: options.unprefixed,
    via: createVia(sessionKey),
    agents,
    eras,
    openUpstream: (request) => (request.server.transport === 'stdio' ? openStdio : open)(request),
    endedSessions: options.endedSessions ?? new MemoryEndedSessions(),
    sessionKey,
    peerUrl: options.peer?.url,
    clock,
    logger,
    limits: { ...limits },
    hostPolicy: createHostPolicy(hosts),
    toProblem: (error, requestId) => toProblem(error, requestId, clock()),
    onCall: (event) => events.push(event),
  });
  const front = createFront({
    serve(req, res) {
      // Whatever a gateway serves elsewhere is a path of /mcp here, and none that exists.
      const serve = endpoint.handlerOf(req.url ?? '') ?? endpoint.handlerOf('/mcp');
      serve?.(req, res);
    },
    limits: { ...frontLimits(), sweepMs: 5 },
    trust: { proxies: undefined, isFromGateway: createForwardingMark(sessionKey).isOn },
    clock,
    logger,
  });
  const { server } = front;
  await new Promise<void>((resolve) => server.listen(options.peer?.port ?? 0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not an IP socket');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    port: address.port,
    endpoint,
    register,
    servers,
    keys,
    events,
    advance(ms) {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await register[Symbol.asyncDispose]();
      endpoint[Symbol.dispose]();
      await agents[Symbol.asyncDispose]();
      front[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
