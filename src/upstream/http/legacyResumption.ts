import { setTimeout as wait } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import { resume, type Answer } from './jsonRpcHttp.ts';

/** The wait when the server asks for none (MCP 2025-11-25 leaves it to us), and the least, so that no server makes us spin. */
const RETRY_MS = { standard: 1_000, least: 50 };

/** Reconnections in a row that brought no new event. */
const MAX_FRUITLESS = 5;

/**
 * Waits for the response of a request whose stream may end early: the server may close it and have the client come back
 * (MCP 2025-11-25, basic/transports, SEP-1699), or the connection may break. The call's time-outs bound it.
 * @returns the answer with the response, or the one that says why there is none
 * @throws Unavailable; the call's abort reason
 */
export async function followStream(
  exchange: Omit<Parameters<typeof resume>[0], 'lastEventId'>,
  posted: Answer,
): Promise<Answer> {
  const { call } = exchange;
  let answer = posted;
  let lastEventId = posted.interrupted?.lastEventId;
  let retryMs = posted.interrupted?.retryMs;
  let fruitless = 0;
  while (lastEventId !== undefined && answer.interrupted !== undefined) {
    try {
      await wait(Math.max(retryMs ?? RETRY_MS.standard, RETRY_MS.least), undefined, { signal: call.signal });
      answer = await resume({ ...exchange, lastEventId });
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
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
