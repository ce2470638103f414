import { INTERNAL_ERROR } from '../../mcp/errorCodes.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { notMcp, type ServerLabel } from '../../mcp/failures.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { errorAnswer } from '../answers.ts';
import type {
  AskOptions,
  SideMessage,
  Upstream,
  UpstreamAnswer,
  UpstreamMessage,
  UpstreamRequest,
} from '../upstream.ts';
import { gatherInput, type InputContext } from './inputRound.ts';
import { readRequiredInput } from './requiredInput.ts';
import { legacyError } from './legacyError.ts';
import { readModernResult, type UpstreamResult } from './legacyResult.ts';
import { RoundProgress } from './roundProgress.ts';

/** How often a server may ask for input during one call; the reference implementation lets it ask as often. */
const MAX_ROUNDS = 8;

/** Requests that may be answered by `input_required` (MCP 2026-07-28, basic/patterns/mrtr, Supported Requests). */
const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/**
 * Sends a request of a legacy client to a modern server, and again with what the server has asked the client for, until it is answered.
 * Closing the Upstream ends what is under way there.
 * @throws what Upstream.ask throws
 */
export async function* askInRounds(
  upstream: Upstream,
  context: InputContext & { readonly closed: AbortSignal },
  { method, params }: UpstreamRequest,
  options: AskOptions,
): AsyncGenerator<UpstreamMessage, void, void> {
  const { label, closed } = context;
  const progress = new RoundProgress();
  let added: JsonObject = {};
  for (let round = 0; ; round++) {
    progress.beginRound();
    const asked = upstream.ask({ method, params: round === 0 ? params : { ...params, ...added } }, options);
    const answer = yield* passSides(asked, progress);
    if (!isResult(answer)) {
      yield withLegacyError(label, method, answer);
      return;
    }
    const result = await readModernResult(answer);
    if (result.type === 'complete') {
      yield await result.toLegacy(method);
      return;
    }
    if (result.type !== 'input_required') {
      yield unknownResult(label, method, result.type);
      return;
    }
    if (!MAY_ASK.has(method)) throw notMcp(label, `asks for input in answer to ${method}, which has none`);
    if (round === MAX_ROUNDS) {
      yield tooManyRounds(label);
      return;
    }
    const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed]);
    const outcome = yield* gatherInput(context, readRequiredInput(label, await result.read()), signal);
    if ('failure' in outcome) {
      yield outcome.failure;
      return;
    }
    signal.throwIfAborted();
    ({ added } = outcome);
  }
}

/** Gives what precedes an answer, and returns the answer. */
async function* passSides(
  messages: AsyncGenerator<UpstreamMessage, void, void>,
  progress: RoundProgress,
): AsyncGenerator<SideMessage, UpstreamAnswer, void> {
  for await (const message of messages) {
    if (message.kind === 'response') return message;
    yield progress.pass(message);
  }
  throw new TypeError('an Upstream gives an answer or throws');
}

function withLegacyError(label: ServerLabel, method: string, answer: UpstreamAnswer): UpstreamAnswer {
  const { response } = answer;
  if (!('error' in response)) return answer;
  return { kind: 'response', response: { ...response, error: legacyError(label, method, response.error) } };
}

function isResult(answer: UpstreamAnswer): answer is UpstreamResult {
  return 'result' in answer.response;
}

function unknownResult({ server, secrets }: ServerLabel, method: string, type: unknown): UpstreamAnswer {
  const shown = typeof type === 'string' ? ` (${excerpt(type, secrets)})` : '';
  const message = `The server "${server}" answered ${method} with a kind of result${shown} that the client’s version of MCP does not have.`;
  return errorAnswer(INTERNAL_ERROR, message, { code: 'unsupported-result', server });
}

function tooManyRounds({ server }: ServerLabel): UpstreamAnswer {
  const message = `The server "${server}" asked for input more than ${MAX_ROUNDS} times during one call.`;
  return errorAnswer(INTERNAL_ERROR, message, { code: 'too-many-inputs', server });
}
