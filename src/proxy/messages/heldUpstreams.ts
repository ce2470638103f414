import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import type { ClientOfServer, OpenUpstream } from '../openUpstream.ts';
import { HeldUpstream } from './heldUpstream.ts';

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
    // The call that it is opened for enters after it.
    register.circuits?.check(server);
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
      if (known !== undefined) {
        known.admit(call.principal);
        return known;
      }
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
