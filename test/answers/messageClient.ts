import { Agent } from 'undici';
import { DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { AppError } from '../../src/errors/appError.ts';
import { connectUpstream } from '../../src/upstream/client.ts';
import { UpstreamError } from '../../src/upstream/upstreamError.ts';
import type { AnswerCase } from './answerCase.ts';
import { questionOf } from './question.ts';

/** What the gateway's own client, which REST and `servers test` use, makes of a case. */
export type MessageOutcome =
  | { readonly is: 'result'; readonly value: unknown }
  | { readonly is: 'rpc-error'; readonly code: number }
  | { readonly is: 'error'; readonly reason: string; readonly data: unknown }
  | { readonly is: 'other'; readonly error: unknown };

/** How long a server that falls silent before its answer is waited for, in milliseconds. */
const SILENCE_MS = 150;

/**
 * Asks the question of a case with the gateway's own client.
 * @param isAnswered the answer comes before the server falls silent, if it does
 */
export async function askAsMessages(
  of: AnswerCase,
  url: string,
  { isAnswered }: { isAnswered: boolean },
): Promise<MessageOutcome> {
  const dispatcher = new Agent();
  const idleMs = of.by === 'silence' && !isAnswered ? SILENCE_MS : DEFAULT_TIMEOUTS.idleMs;
  const server = { name: 'answers', url: new URL(url), headers: {}, timeouts: { ...DEFAULT_TIMEOUTS, idleMs } };
  try {
    await using client = await connectUpstream({
      server,
      dispatcher,
      clientInfo: { name: 'metamcp', version: '1' },
      era: of.era,
    });
    const { method, params } = questionOf(of);
    return { is: 'result', value: await client.request(method, params) };
  } catch (error) {
    if (error instanceof UpstreamError) return { is: 'rpc-error', code: error.rpc.code };
    if (error instanceof AppError) return { is: 'error', reason: error.code, data: error.data };
    return { is: 'other', error };
  } finally {
    await dispatcher.destroy();
  }
}
