import { sessionLost } from '../../mcp/failures.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import { ProgressTokens } from '../progressTokens.ts';
import { boundRequest, SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { SessionState } from '../sessionState.ts';
import type { ClientFacts, ParkedUpstream, TellOptions, Upstream, UpstreamRequest } from '../upstream.ts';
import { answerOf, messageOf, type Answer } from './answer.ts';
import { post } from './exchange.ts';
import type { Attempt } from './handshake.ts';
import { initialize, sessionHeaders, type LegacyHandshake } from './initialize.ts';
import { askInSession } from './legacyExchange.ts';
import { listenInSession } from './legacyListening.ts';
import { sendAside, ServerRequests } from './serverRequests.ts';
import type { HttpTarget } from './target.ts';

/** Opens a session in the legacy era. @throws UpstreamError, Unavailable, the reason of the signal */
export async function attemptLegacy(
  target: HttpTarget,
  client: ClientFacts,
  signal?: AbortSignal,
): Promise<Attempt<{ readonly session: LegacyHandshake }>> {
  const outcome = await initialize(target, client, signal);
  if ('refused' in outcome) return { otherEra: outcome.refused, status: outcome.status };
  return { session: outcome };
}

/** Requests at once that ask a session for what the one before it had. */
const RESTORING = 16;

export interface SessionOptions {
  /** What the server was asked to keep for the session. */
  readonly state: SessionState;
  /** What becomes of the session when its Upstream is left. */
  park(session: LegacyHandshake): ParkedUpstream;
  end(session: LegacyHandshake): Promise<void>;
}

/**
 * Makes an Upstream of a session; a lost one is replaced by one with the same state, and what it refused is sent again.
 */
export function createLegacyUpstream(
  target: HttpTarget,
  client: ClientFacts,
  first: LegacyHandshake,
  { state, park, end }: SessionOptions,
): Upstream {
  const { server, secrets, timeouts } = target;
  const requests = new ServerRequests(target, client.capabilities);
  const peer = { target, tokens: new ProgressTokens(), requests };
  let current = first;
  let renewal: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const outcome = await initialize(target, client);
    if ('refused' in outcome) throw outcome.refused;
    current = outcome;
    if (!state.isEmpty) await restore(outcome);
  }

  /** Asks for what the session before this one had. A server that refuses, or is slow, is used all the same. */
  async function restore(session: LegacyHandshake): Promise<void> {
    const signal = AbortSignal.timeout(SIDE_TIMEOUTS.totalMs);
    const requests = state.requests.values();
    const work = async (): Promise<void> => {
      for (const request of requests) for await (const _message of askInSession(peer, session, request, { signal }));
    };
    await Promise.allSettled(Array.from({ length: RESTORING }, work));
  }

  /** Waits for a session in place of the lost one; requests that lost the same session share it. */
  async function replace(lost: LegacyHandshake): Promise<void> {
    if (current !== lost) return;
    if (renewal === undefined) {
      renewal = renew().finally(() => (renewal = undefined));
      target.track(renewal);
    }
    await renewal;
  }

  async function tellOnce({ method, params }: UpstreamRequest, { signal }: TellOptions): Promise<Answer> {
    using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts });
    const message = { jsonrpc: '2.0', method, ...(params !== undefined && { params }) } as const;
    return await answerOf(post({ target, bounds, headers: sessionHeaders(current), message }));
  }

  return {
    server,
    secrets,
    get facts() {
      return current.facts;
    },
    async *ask(request, options = {}) {
      for (let isRetried = false; ; isRetried = true) {
        const session = current;
        const { answer, mayBeProcessed } = yield* askInSession(peer, session, request, options);
        if (answer.isSessionLost !== true) {
          const message = messageOf(target, answer);
          state.note(request, message.response);
          yield message;
          return;
        }
        const maySendAgain = !mayBeProcessed || isRepeatable({ httpMethod: 'POST', method: request.method });
        if (isRetried || !maySendAgain) throw sessionLost(target);
        await replace(session);
      }
    },
    listen(options) {
      const holder = {
        get current() {
          return current;
        },
        replace,
      };
      return listenInSession(peer, holder, options);
    },
    async tell(notification, options = {}) {
      for (let isRetried = false; ; isRetried = true) {
        const session = current;
        const { failure, isSessionLost } = await tellOnce(notification, options);
        if (failure !== undefined) throw failure.error;
        if (isSessionLost !== true) return;
        if (isRetried) throw sessionLost(target);
        await replace(session);
      }
    },
    async reply(id, outcome) {
      const headers = requests.take(id);
      if (headers === undefined) return;
      const { failure, isSessionLost } = await sendAside(target, headers, { jsonrpc: '2.0', id, ...outcome });
      if (failure !== undefined) throw failure.error;
      if (isSessionLost === true) throw sessionLost(target);
    },
    join() {
      const session = current;
      let taken: ReturnType<ServerRequests['open']> | undefined;
      return {
        id: session.sessionId,
        admit: (request) => (taken ??= requests.open(sessionHeaders(session))).admit(request),
        [Symbol.dispose]: () => taken?.[Symbol.dispose](),
      };
    },
    park() {
      void target.close();
      return park(current);
    },
    async [Symbol.asyncDispose]() {
      if (target.closed.aborted) return;
      await target.close();
      await end(current);
    },
  };
}
