import { Unavailable } from '../../errors/appError.ts';
import { sessionLost } from '../../mcp/failures.ts';
import { boundRequest } from '../requestBounds.ts';
import type { ListenOptions, SideMessage } from '../upstream.ts';
import type { Answer } from './answer.ts';
import { getStream } from './exchange.ts';
import { sessionHeaders, type LegacyHandshake } from './initialize.ts';
import type { LegacyPeer } from './legacyExchange.ts';
import { waitToReconnect } from './legacyResumption.ts';

/** Attempts in a row to take a stream up again that fail. */
const MAX_FAILURES = 5;

/** The session to listen in; `replace` waits for one in place of a lost one. */
export interface SessionHolder {
  readonly current: LegacyHandshake;
  replace(lost: LegacyHandshake): Promise<void>;
}

/**
 * Gives what a legacy server sends outside of requests: its GET stream (MCP 2025-11-25, basic/transports, Listening for
 * Messages). A server without one (405) ends it at once. A stream that gave event ids is taken up again where it broke off;
 * a lost session is replaced once.
 * @throws Unavailable; the reason of the target's end
 */
export async function* listenInSession(
  peer: LegacyPeer,
  holder: SessionHolder,
  { signal, onOpen }: Pick<ListenOptions, 'signal' | 'onOpen'>,
): AsyncGenerator<SideMessage, void, void> {
  let lastEventId: string | undefined;
  let retryMs: number | undefined;
  let failures = 0;
  let isReplaced = false;
  while (!signal.aborted) {
    const session = holder.current;
    let answer: Answer;
    try {
      answer = yield* listenOnce(peer, session, { signal, onOpen, lastEventId });
    } catch (error) {
      if (signal.aborted) return;
      // A stream that never stood has no place to go on from.
      if (lastEventId === undefined || !(error instanceof Unavailable)) throw error;
      if (peer.target.closed.aborted || ++failures >= MAX_FAILURES) throw error;
      if (!(await mayReconnect(peer, signal, retryMs))) return;
      continue;
    }
    if (answer.isSessionLost === true) {
      if (isReplaced) throw sessionLost(peer.target);
      isReplaced = true;
      lastEventId = undefined;
      await holder.replace(session);
      continue;
    }
    const { failure, interrupted } = answer;
    if (failure !== undefined && failure.about !== 'not-offered') throw failure.error;
    if (interrupted?.lastEventId !== undefined) {
      failures = 0;
      isReplaced = false;
    }
    lastEventId = interrupted?.lastEventId ?? lastEventId;
    retryMs = interrupted?.retryMs ?? retryMs;
    if (interrupted === undefined || lastEventId === undefined) return;
    if (!(await mayReconnect(peer, signal, retryMs))) return;
  }
}

async function* listenOnce(
  { target, tokens, requests }: LegacyPeer,
  session: LegacyHandshake,
  { signal, onOpen, lastEventId }: Pick<ListenOptions, 'signal' | 'onOpen'> & { lastEventId: string | undefined },
): AsyncGenerator<SideMessage, Answer, void> {
  const { server, timeouts } = target;
  const headers = sessionHeaders(session);
  using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts });
  using taken = requests.open(headers);
  const admit = (message: SideMessage): SideMessage | undefined => {
    if (message.kind === 'notification') {
      const { method, params } = message.notification;
      if (method === 'notifications/cancelled') taken.withdraw(params?.['requestId']);
      return tokens.restore(message);
    }
    const request = taken.admit(message.request);
    return request && { kind: 'request', request };
  };
  return yield* await getStream({ target, bounds, headers, admit, lastEventId, isStanding: true, onStanding: onOpen });
}

/** Waits before the next attempt; false when the listener has left meanwhile. */
async function mayReconnect(
  { target }: LegacyPeer,
  signal: AbortSignal,
  retryMs: number | undefined,
): Promise<boolean> {
  try {
    await waitToReconnect(retryMs, AbortSignal.any([signal, target.closed]));
  } catch {
    target.closed.throwIfAborted();
  }
  return !signal.aborted;
}
