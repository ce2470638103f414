import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { AppError } from '../../src/errors/appError.ts';
import { Eras } from '../../src/upstream/eras.ts';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { request } from '../../src/upstream/request.ts';
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
  await using agents = createUpstreamAgents();
  const idleMs = of.by === 'silence' && !isAnswered ? SILENCE_MS : DEFAULT_TIMEOUTS.idleMs;
  const server = {
    name: 'answers',
    id: 'answers',
    enabled: true,
    transport: 'http' as const,
    url: new URL(url),
    headers: {},
    timeouts: { ...DEFAULT_TIMEOUTS, idleMs },
    limits: DEFAULT_LIMITS,
    revision: 0,
  };
  const eras = new Eras(() => 0);
  eras.note(server, of.era);
  const client = { clientInfo: { name: 'metamcp', version: '1' }, capabilities: {} };
  try {
    await using upstream = await openUpstream(server, { agents, client, eras });
    return { is: 'result', value: await request(upstream, questionOf(of)) };
  } catch (error) {
    if (error instanceof UpstreamError) return { is: 'rpc-error', code: error.rpc.code };
    if (error instanceof AppError) return { is: 'error', reason: error.code, data: error.data };
    return { is: 'other', error };
  }
}
