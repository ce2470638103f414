import type { Era } from '../../mcp/eras.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import type { ClientFacts, Upstream } from '../../upstream/upstream.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Principal } from '../../auth/principal.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import { HeldUpstream } from './heldUpstream.ts';

/** What a server is told of the client; in the modern era each request names it. */
type ClientOfServer = Pick<ClientFacts, 'capabilities'> & Partial<ClientFacts>;

/** Opens an Upstream to a server for a client. @throws AppError */
export type OpenUpstream = (request: {
  readonly server: LiveServer;
  readonly client: ClientOfServer;
  /** Who it is for: a session, or a key that opens servers without one. */
  readonly user: { readonly principal: Principal; readonly inSession: boolean };
  /** The client's: a server of both is spoken with in this one. */
  readonly era: Era;
  /** The path of the request for which it is opened (RFC 9110, 7.6.3). */
  readonly via: string;
  /** Aborting it ends the attempt, and later what is under way. */
  readonly signal: AbortSignal;
}) => Promise<Upstream>;

/** The Upstreams that outlive a call: one per legacy session, and in the modern era one per key and server. */
export interface HeldUpstreams {
  /** Opens one for a new session. @throws what CallRegister.open throws */
  forNewSession(call: Call, initializeParams: unknown): HeldUpstream;
  /** @throws NotFound when the session has ended, or lives in another process */
  forSession(id: string): HeldUpstream;
  /** @throws what CallRegister.open throws */
  forKey(call: Call): HeldUpstream;
  /** Ends those of a server that has changed, as their calls end. */
  retire(server: string): void;
}

/** Makes the holder of Upstreams that outlive a call, with none in it. */
export function createHeldUpstreams(context: CallContext, openUpstream: OpenUpstream): HeldUpstreams {
  const { register, clock, limits } = context;
  const sessions = new Map<string, HeldUpstream>();
  const byKey = new Map<string, HeldUpstream>();

  function open(
    call: Call,
    client: ClientOfServer,
    inSession: boolean,
    onEnd: (held: HeldUpstream) => void,
  ): HeldUpstream {
    const { principal, server, via, era } = call;
    return new HeldUpstream({
      principal,
      server,
      register,
      clock,
      idleMs: limits.sessionIdleMs,
      open: (signal) => openUpstream({ server, client, user: { principal, inSession }, era, via, signal }),
      onEnd,
    });
  }

  return {
    forNewSession(call, params) {
      const member = (name: string): JsonObject | undefined => {
        const value = isJsonObject(params) ? params[name] : undefined;
        return isJsonObject(value) ? value : undefined;
      };
      const { name, version } = member('clientInfo') ?? {};
      const clientInfo = typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
      const client = { capabilities: member('capabilities') ?? {}, ...(clientInfo && { clientInfo }) };
      const held = open(call, client, true, ({ id }) => sessions.delete(id));
      sessions.set(held.id, held);
      return held;
    },
    forSession(id) {
      const held = sessions.get(id);
      if (held === undefined) throw sessionNotFound();
      return held;
    },
    forKey(call) {
      const name = `${call.principal.keyId} ${call.place}`;
      const known = byKey.get(name);
      if (known !== undefined) return known;
      const held = open(call, { capabilities: {} }, false, (ended) => {
        if (byKey.get(name) === ended) byKey.delete(name);
      });
      byKey.set(name, held);
      return held;
    },
    retire(server) {
      for (const held of [...sessions.values(), ...byKey.values()]) {
        if (held.server.name === server) held.retire();
      }
    },
  };
}
