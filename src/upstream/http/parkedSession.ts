import type { LiveServer } from '../../live/liveServer.ts';
import { SessionState } from '../sessionState.ts';
import type { ParkedUpstream, Upstream } from '../upstream.ts';
import type { UpstreamAgent } from './agents.ts';
import type { LegacyHandshake } from './initialize.ts';
import { createLegacyUpstream } from './legacyUpstream.ts';
import type { HttpOptions } from './httpOptions.ts';
import { createTarget, type HttpTarget } from './target.ts';
import { withListChanges } from './withListChanges.ts';

/** A session at a legacy server, and what it is spoken with. */
export interface SessionAtServer {
  readonly server: LiveServer;
  readonly options: Omit<HttpOptions, 'signal'>;
  readonly session: LegacyHandshake;
  /** (Default: the server was asked to keep nothing) */
  readonly state?: SessionState | undefined;
}

/** Makes the Upstream of a session, which can be parked. */
export function upstreamOfSession(at: SessionAtServer, agent: UpstreamAgent, target: HttpTarget): Upstream {
  const { server, options, state = new SessionState() } = at;
  const { client, onListChanged } = options;
  const upstream = createLegacyUpstream(target, client, at.session, {
    state,
    park({ sessionId, facts }) {
      const session = { sessionId, facts: agent.sharedFacts(facts) };
      const parked = { server, options, session, state: state.isEmpty ? undefined : state };
      return new ParkedSession(parked, agent, target.nextId());
    },
    end: (session) => agent.endings.end(target, session),
  });
  return onListChanged === undefined ? upstream : withListChanges(upstream, onListChanged);
}

/** Makes the target of a server, for what is spoken with it. */
export function targetAt(
  server: LiveServer,
  { via, leaseRoom }: SessionAtServer['options'],
  { connections, url }: UpstreamAgent,
  firstId?: number,
): HttpTarget {
  return createTarget({ ...server, url }, { connections, via, leaseRoom }, firstId);
}

class ParkedSession implements ParkedUpstream {
  readonly #at: SessionAtServer;
  /** By which the session began: a server that has moved since, or is disabled, is not asked again to end it. */
  readonly #agent: UpstreamAgent;
  /** No id is used twice in a session. */
  readonly #nextId: number;

  constructor(at: SessionAtServer, agent: UpstreamAgent, nextId: number) {
    this.#at = at;
    this.#agent = agent;
    this.#nextId = nextId;
  }

  resume(): Upstream {
    const { server, options } = this.#at;
    const agent = options.agents.forServer(server);
    return upstreamOfSession(this.#at, agent, targetAt(server, options, agent, this.#nextId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, options, session } = this.#at;
    await this.#agent.endings.end(targetAt(server, options, this.#agent), session);
  }
}
