import { AppError } from '../../errors/appError.ts';
import { untilAborted } from '../../events/untilAborted.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import { isTimedOut, streamLost } from '../../mcp/failures.ts';
import { Conversation } from '../duplex/conversation.ts';
import { SessionState } from '../sessionState.ts';
import type { HttpOptions } from '../http/httpOptions.ts';
import { createTarget } from '../http/target.ts';
import type { ServerFacts, Upstream } from '../upstream.ts';
import { SseSession } from './sseSession.ts';

/** A server that was silent for as long as a call may wait has to answer a ping within it, in milliseconds. */
const PING_MS = 10_000;

interface Open {
  readonly session: SseSession;
  readonly conversation: Conversation;
  /** It is being found out whether the server still listens. */
  isChecked: boolean;
}

/**
 * Opens a conversation over the HTTP+SSE transport (MCP 2024-11-05, basic/transports), which only the legacy era has. The Upstream
 * outlives its session: what is under way when the stream ends fails, and what comes later opens another.
 * @throws UpstreamError, Unavailable, the reason of the signal
 */
export async function openSse(
  server: LiveServer,
  { agents, client, via, leaseRoom, onListChanged, signal }: HttpOptions,
): Promise<Upstream> {
  const { connections, url } = agents.forServer(server);
  const target = createTarget({ ...server, url }, { connections, via, leaseRoom });
  const { closed, timeouts, server: name, secrets } = target;
  const state = new SessionState();
  let current: Promise<Open> | undefined;

  async function open(signal: AbortSignal | undefined): Promise<Open> {
    const session = await SseSession.open(target, signal);
    const { channel } = session;
    try {
      const changed = (): void => onListChanged?.(name);
      const options = { channel, client, timeouts, state, leaseRoom, onListChanged: changed, closed, signal };
      return { session, conversation: await Conversation.open({ ...options, only: 'legacy' }), isChecked: false };
    } catch (error) {
      session.end(error);
      throw error;
    }
  }

  /** Gives the session, or opens another in place of one that has ended: those who come meanwhile wait for the same. */
  async function use(signal: AbortSignal | undefined): Promise<Open> {
    closed.throwIfAborted();
    signal?.throwIfAborted();
    current ??= keep(open(undefined));
    const opened = signal === undefined ? await current : await untilAborted(current, signal);
    if (opened !== undefined) return opened;
    throw signal?.reason;
  }

  function keep(opening: Promise<Open>): Promise<Open> {
    const forget = () => {
      if (current === opening) current = undefined;
    };
    opening.then((opened) => {
      const { session, conversation } = opened;
      ({ facts } = conversation);
      latest = session;
      void session.channel.ended.then(forget);
    }, forget);
    return opening;
  }

  /** A server that has gone without a word leaves the stream open: no call would ever be answered. */
  async function check(opened: Open): Promise<void> {
    if (opened.isChecked || closed.aborted) return;
    opened.isChecked = true;
    try {
      // A refusal is an answer, too.
      const options = { signal: AbortSignal.timeout(Math.min(PING_MS, timeouts.idleMs)) };
      for await (const _message of opened.conversation.ask({ method: 'ping' }, options));
    } catch (error) {
      opened.session.end(streamLost(target, error));
    }
    opened.isChecked = false;
  }

  let facts: ServerFacts;
  /** The session that was opened last. */
  let latest: SseSession | undefined;
  try {
    const opening = open(signal);
    ({ facts } = (await opening).conversation);
    current = keep(opening);
  } catch (error) {
    await target.close();
    throw error;
  }

  return {
    server: name,
    secrets,
    get facts() {
      return facts;
    },
    async *ask(request, options = {}) {
      for (let isRetried = false; ; isRetried = true) {
        const opened = await use(options.signal);
        let isBegun = false;
        try {
          for await (const message of opened.conversation.ask(request, options)) {
            isBegun = true;
            yield message;
          }
          return;
        } catch (error) {
          if (isIdle(error)) void check(opened);
          if (isRetried || isBegun || !wasNotProcessed(error)) throw error;
        }
      }
    },
    async *listen(options) {
      if (options.signal.aborted) return;
      const { conversation } = await use(undefined);
      yield* conversation.listen(options);
    },
    async tell(notification, options = {}) {
      for (let isRetried = false; ; isRetried = true) {
        const { conversation } = await use(options.signal);
        try {
          await conversation.tell(notification, options);
          return;
        } catch (error) {
          if (isRetried || !wasNotProcessed(error)) throw error;
        }
      }
    },
    async reply(id, outcome) {
      closed.throwIfAborted();
      // The request was of a session that has ended.
      if (current === undefined) return;
      await (await current).conversation.reply(id, outcome);
    },
    async [Symbol.asyncDispose]() {
      if (closed.aborted) return;
      const opened = current?.catch(() => undefined);
      // A call that was left a moment ago is cancelled at the server, too.
      await latest?.settled();
      await target.close();
      (await opened)?.session.end(closed.reason);
    },
  };
}

/** The server had forgotten the session when it got the message. */
function wasNotProcessed(error: unknown): boolean {
  return error instanceof AppError && error.code === 'upstream-session-lost' && error.data['processed'] === false;
}

function isIdle(error: unknown): boolean {
  return isTimedOut(error) && error instanceof AppError && error.data['timeout'] === 'idle';
}
