import { isDeepStrictEqual } from 'node:util';
import { keyOfCredential, type LiveCredentials } from '../../live/keyServer.ts';
import { connectionName, type LiveServer } from '../../live/liveServer.ts';
import { placeOf } from '../../live/serverPlace.ts';
import { CONNECTION_HEADERS } from '../../vault/serverSecrets.ts';
import { Unavailable } from '../../errors/appError.ts';
import { gatewayStopping } from '../../errors/gatewayStopping.ts';
import type { ServerFacts } from '../upstream.ts';
import { Connections } from './connections.ts';
import { SessionEndings } from './sessionEndings.ts';

/** The connections to one server as one revision of its configuration describes it. */
export interface UpstreamAgent {
  readonly revision: number;
  /** The server's name. */
  readonly server: string;
  /** See LiveServer. */
  readonly credential: string | undefined;
  readonly url: URL;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** See placeOf. */
  readonly place: string;
  /** The configured headers, as name, value, name, value…; they win over any other. */
  readonly headers: readonly string[];
  readonly headerNames: ReadonlySet<string>;
  readonly connections: Connections;
  readonly endings: SessionEndings;
  /** Gives what a server says of itself as one object for all sessions that were told the same. */
  readonly sharedFacts: (facts: ServerFacts) => ServerFacts;
}

/** The connections of this process to MCP servers over HTTP: one agent per server and revision, and one for each
 * credential that a key has of its own. Disposing cuts them. */
export interface UpstreamAgents extends AsyncDisposable {
  /**
   * Finds the agent of a server, or opens it; that of an older revision is closed once its calls have ended.
   * @throws Unavailable when the server has no URL, or has changed since `server` was read
   */
  forServer(server: LiveServer): UpstreamAgent;
  /** Takes no new calls to a server that changed or went away; its connections close as its calls end. */
  retire(name: string): void;
  /** The same for what was opened with credentials of a key that are others now, or gone. */
  retireKey(keyId: string, credentials: LiveCredentials): void;
}

/** Opens the set of agents. Connections are made on demand, HTTP/1.1 only, and kept alive. */
export function createUpstreamAgents(): UpstreamAgents {
  const agents = new Map<string, UpstreamAgent>();
  const retiring = new Set<UpstreamAgent>();
  let disposed = false;

  /** By connectionName; one without the credential of a key is found by its server's name. */
  function retireOne(name: string): void {
    const agent = agents.get(name);
    if (agent === undefined) return;
    agents.delete(name);
    retiring.add(agent);
    void agent.connections.close().then(() => retiring.delete(agent));
  }

  return {
    forServer(server) {
      const name = connectionName(server);
      const known = agents.get(name);
      if (known?.revision === server.revision) return known;
      if (disposed) throw gatewayStopping();
      if (known !== undefined) {
        if (known.revision > server.revision) {
          throw new Unavailable(
            'server-changed',
            `The server "${server.name}" has just been changed. Please try again.`,
          );
        }
        retireOne(name);
      }
      const agent = open(server);
      agents.set(name, agent);
      return agent;
    },
    retire(name) {
      for (const [known, { server }] of agents) if (server === name) retireOne(known);
    },
    retireKey(keyId, credentials) {
      for (const [known, { server, credential }] of agents) {
        if (credential === undefined || keyOfCredential(credential) !== keyId) continue;
        if (credentials?.get(server)?.id !== credential) retireOne(known);
      }
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      const open = [...agents.values(), ...retiring];
      agents.clear();
      await Promise.all(open.map(({ connections }) => connections.destroy()));
    },
  };
}

function open(server: LiveServer): UpstreamAgent {
  const { url } = server;
  if (url === undefined) throw new Unavailable('upstream-unreachable', `The server "${server.name}" has no URL.`);
  const headers = Object.entries(server.headers).filter(([name]) => !CONNECTION_HEADERS.has(name));
  const { connectMs, idleMs } = server.timeouts;
  let facts: ServerFacts | undefined;
  return {
    revision: server.revision,
    server: server.name,
    credential: server.credential,
    url,
    origin: url.origin,
    path: url.pathname + url.search,
    place: placeOf(server),
    headers: headers.flat(),
    headerNames: new Set(headers.map(([name]) => name)),
    connections: new Connections(url.origin, { connectMs, idleMs }),
    endings: new SessionEndings(),
    sharedFacts(told) {
      if (facts === undefined || !isDeepStrictEqual(facts, told)) facts = told;
      return facts;
    },
  };
}
