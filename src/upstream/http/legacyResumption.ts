import { setTimeout as wait } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import type { AskOptions, SideMessage } from '../upstream.ts';
import type { Answer } from './answer.ts';
import { getStream, type Exchange } from './exchange.ts';

/** The wait when the server asks for none (MCP 2025-11-25 leaves it to us), and the least, so that no server makes us spin. */
const RETRY_MS = { standard: 1_000, least: 50 };

/** Reconnections in a row that brought no new event. */
const MAX_FRUITLESS = 5;

/**
 * Waits for the response of a request whose stream may end early: the server may close it and have the client come back
 * (MCP 2025-11-25, basic/transports, SEP-1699), or the connection may break. The request's bounds hold for all of it.
 * @returns the answer with the response, or the one that says why there is none
 * @throws Unavailable; the reason of the bounds' signal
 */
export async function* followStream(
  exchange: Exchange & { readonly awaited: number } & Pick<AskOptions, 'onPause'>,
  posted: Answer,
): AsyncGenerator<SideMessage, Answer, void> {
  const { bounds } = exchange;
  let answer = posted;
  let lastEventId = posted.interrupted?.lastEventId;
  let retryMs = posted.interrupted?.retryMs;
  let fruitless = 0;
  while (lastEventId !== undefined && answer.interrupted !== undefined) {
    // One that names the wait means it; without, a connection may have broken, which is no business of the client's.
    if (answer.interrupted.retryMs !== undefined) exchange.onPause?.();
    try {
      await waitToReconnect(retryMs, bounds.signal);
      answer = yield* await getStream({ ...exchange, lastEventId });
    } catch (error) {
      if (bounds.signal.aborted) throw bounds.signal.reason;
      if (!(error instanceof Unavailable) || ++fruitless >= MAX_FRUITLESS) throw error;
      continue;
    }
    const seen = answer.interrupted?.lastEventId;
    retryMs = answer.interrupted?.retryMs ?? retryMs;
    if (seen !== undefined && seen !== lastEventId) {
      lastEventId = seen;
      fruitless = 0;
    } else if (++fruitless >= MAX_FRUITLESS) return answer;
  }
  return answer;
}

/** Waits for as long as the server asks for. */
export async function waitToReconnect(retryMs: number | undefined, signal: AbortSignal): Promise<void> {
  await wait(Math.max(retryMs ?? RETRY_MS.standard, RETRY_MS.least), undefined, { signal });
}
