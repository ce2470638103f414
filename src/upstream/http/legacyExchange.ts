import { answerBounds } from '../../mcp/jsonCost.ts';
import { isRepeatableTool } from '../../mcp/resending.ts';
import type { ProgressTokens } from '../progressTokens.ts';
import { boundRequest } from '../requestBounds.ts';
import type { AskOptions, SideMessage, UpstreamRequest } from '../upstream.ts';
import type { Answer } from './answer.ts';
import { post } from './exchange.ts';
import { sessionHeaders, type LegacyHandshake } from './initialize.ts';
import { followStream } from './legacyResumption.ts';
import { sendAside, type ServerRequests } from './serverRequests.ts';
import type { HttpTarget } from './target.ts';

/** What the exchanges of a legacy Upstream have in common. */
export interface LegacyPeer {
  readonly target: HttpTarget;
  readonly tokens: ProgressTokens;
  readonly requests: ServerRequests;
}

/** An answer, and whether the server may have looked at the request. */
export interface LegacyOutcome {
  readonly answer: Answer;
  readonly mayBeProcessed: boolean;
}

/**
 * Runs one request within a session. Ending it early tells the server: a closed stream cancels nothing in this era
 * (MCP 2025-11-25, basic/transports).
 */
export async function* askInSession(
  { target, tokens, requests }: LegacyPeer,
  session: LegacyHandshake,
  { method, params }: UpstreamRequest,
  { signal, budget, tool, leaseRoom, onPause }: AskOptions,
): AsyncGenerator<SideMessage, LegacyOutcome, void> {
  const headers = sessionHeaders(session);
  const id = target.nextId();
  const { server, timeouts } = target;
  using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts, budget });
  bounds.signal.throwIfAborted();
  using taken = requests.open(headers, bounds);
  let isOver = false;
  const cancel = () => {
    if (isOver) return;
    isOver = true;
    // The end of the whole session says so, too.
    if (target.closed.aborted && session.sessionId !== undefined) return;
    target.track(sendAside(target, headers, cancellation(id)));
  };
  bounds.signal.addEventListener('abort', cancel);
  const admit = (message: SideMessage): SideMessage | undefined => {
    if (message.kind === 'notification') {
      const { method, params: about } = message.notification;
      if (method === 'notifications/cancelled') taken.withdraw(about?.['requestId']);
      return tokens.restore(message);
    }
    const request = taken.admit(message.request);
    return request && { kind: 'request', request };
  };
  try {
    const exchange = { target, bounds, headers, awaited: id, admit, leaseRoom, answerBounds: answerBounds(method) };
    const wireParams = tokens.issue(id, params);
    const message = { jsonrpc: '2.0', id, method, ...(wireParams !== undefined && { params: wireParams }) } as const;
    const posted = yield* await post({ ...exchange, message, repeatable: isRepeatableTool(tool?.annotations) });
    const answer = yield* followStream({ ...exchange, onPause }, posted);
    isOver = true;
    return { answer, mayBeProcessed: answer !== posted };
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    cancel();
    tokens.release(id);
  }
}

function cancellation(requestId: number) {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } } as const;
}
