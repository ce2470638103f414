import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { eventRoutes } from '../../src/api/events.ts';
import type { ProtectedRoute } from '../../src/api/route.ts';
import { createFeed, type Feed, type FeedOptions } from '../../src/feed/feed.ts';
import type { SystemHealth } from '../../src/feed/feedEvent.ts';
import { createFront } from '../../src/front/front.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { InvalidationListener } from '../../src/live/invalidations.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { createCallRegister, type CallRegister } from '../../src/calls/callRegister.ts';
import { MemoryKeys, MemoryServers } from '../calls/memory.ts';
import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';

const HEALTH: SystemHealth = { status: 'up', version: '0', ready: { calls: true, changes: true }, parts: {} };

/** The feed's routes on a real socket, with what happens played by the test. */
export interface FeedServer extends AsyncDisposable {
  readonly feed: Feed;
  readonly servers: MemoryServers;
  readonly principal: Principal;
  readonly register: CallRegister;
  /** The answers under way. */
  readonly answers: readonly ServerResponse[];
  /** True while somebody listens to what happens. */
  readonly observed: boolean;
  /** Looks at the health so far. */
  readonly looks: number;
  change: InvalidationListener;
  /** Moves the front's clock on. */
  advance(ms: number): void;
  /** Opens a feed by a raw socket, which reads nothing until it is told to, and waits until it has begun. */
  open(path?: string): Promise<Socket>;
}

export async function openFeedServer(options: Partial<FeedOptions> = {}): Promise<FeedServer> {
  const servers = new MemoryServers();
  const keys = new MemoryKeys();
  const principal = keys.add('watcher', { scopes: new Set(['events:read']) });
  const register = createCallRegister({
    invalidations: createInvalidationsByHand().invalidations,
    keys,
    servers,
    clock: Date.now,
    steadyClock: Date.now,
    logger: createLogger('silent'),
  });
  let change: InvalidationListener = () => undefined;
  let looks = 0;
  const feed = createFeed({
    clock: Date.now,
    invalidations: {
      onInvalidation(listener) {
        change = listener;
        return () => (change = () => undefined);
      },
    },
    servers,
    checkHealth: () => {
      looks += 1;
      return Promise.resolve(HEALTH);
    },
    ...options,
  });
  const routes = eventRoutes({ feed, register, authenticate: () => principal }) as ProtectedRoute[];
  const answers: ServerResponse[] = [];
  let now = 0;
  const serve = (req: IncomingMessage, res: ServerResponse): void => {
    const { pathname, searchParams: query } = new URL(req.url ?? '', 'http://x');
    const route = routes.find(({ path }) => path === pathname)!;
    const context = { actor: 'test', correlationId: 'test', causationId: 'test' };
    const request = {
      params: {},
      query,
      headers: req.headers,
      body: undefined,
      bodyBytes: 0,
      response: res,
      problemOf: () => {
        throw new Error('a feed reports no problem of its own');
      },
      context,
      signal: new AbortController().signal,
      leaseRoom: () => register.leaseBody(principal),
    };
    void route.handle(request, principal).then(({ headers, open }) => {
      for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value);
      answers.push(res);
      res.once('close', () => answers.splice(answers.indexOf(res), 1));
      void open?.(res);
    });
  };
  const limits = { ...frontLimits(), sweepMs: 1 };
  const front = createFront({ serve, limits, clock: () => now, logger: createLogger('silent') });
  const { server } = front;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    feed,
    servers,
    principal,
    register,
    answers,
    get observed() {
      return 'observed' in feed.events && feed.events.observed === true;
    },
    get looks() {
      return looks;
    },
    change: (news) => change(news),
    advance(ms) {
      now += ms;
    },
    async open(path = '/api/v1/events') {
      const before = answers.length;
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      // Enough to know that it has begun; nothing is read before `resume`.
      await once(socket, 'readable');
      if (answers.length <= before) throw new Error('the feed has not begun');
      return socket;
    },
    async [Symbol.asyncDispose]() {
      await register[Symbol.asyncDispose]();
      feed[Symbol.dispose]();
      front[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads the events of a chunked answer, as they come. */
export async function* eventsOf(socket: Socket): AsyncGenerator<Record<string, unknown>> {
  let rest = '';
  for await (const chunk of socket) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    // The sizes of chunks, and the head, stand on lines of their own.
    for (const line of lines) {
      const json = /^\{.*\}$/.exec(line.trim())?.[0];
      if (json !== undefined) yield JSON.parse(json) as Record<string, unknown>;
    }
  }
}
