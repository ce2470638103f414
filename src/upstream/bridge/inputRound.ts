import { setTimeout as delay } from 'node:timers/promises';
import { INTERNAL_ERROR } from '../../mcp/errorCodes.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { missingCapability } from '../../mcp/serverRequests.ts';
import { errorAnswer } from '../answers.ts';
import type { ReplyOutcome, SideMessage, UpstreamAnswer } from '../upstream.ts';
import type { AwaitedReplies } from './awaitedReplies.ts';
import { legacyParams, type InputRequest, type RequiredInput } from './requiredInput.ts';

/** How long a server that asks for nothing, but to be asked again, waits for that, in milliseconds. */
const AGAIN_MS = 250;

export interface InputContext {
  readonly label: ServerLabel;
  readonly replies: AwaitedReplies;
  /** That the client has declared. */
  readonly capabilities: JsonObject;
  /** How long a client may take for the inputs of one round, in milliseconds. */
  readonly inputMs: number;
}

/** What the request is repeated with, or how it ends. */
export type RoundOutcome = { readonly added: JsonObject } | { readonly failure: UpstreamAnswer };

/**
 * Asks a legacy client for what a modern server wants to know: all of it at once, by requests of its era. What the client has not
 * declared is not asked for, and what it does not answer ends the call.
 * @throws the reason of the signal
 */
export async function* gatherInput(
  context: InputContext,
  { requests, requestState }: RequiredInput,
  signal: AbortSignal,
): AsyncGenerator<SideMessage, RoundOutcome, void> {
  const state = requestState === undefined ? {} : { requestState };
  if (requests.length === 0) {
    await pause(signal);
    return { added: state };
  }
  for (const request of requests) {
    const missing = missingCapability(context.capabilities, request);
    if (missing !== undefined) return { failure: notDeclared(context.label, request, missing) };
  }
  using round = new InputRound(context.replies);
  for (const request of requests) {
    const params = legacyParams(request);
    const id = round.expect(request);
    yield { kind: 'request', request: { jsonrpc: '2.0', id, method: request.method, params } };
  }
  const end = await round.settled(context.inputMs, signal);
  if (end === 'answered') return { added: { inputResponses: round.responses, ...state } };
  for (const requestId of round.unanswered) yield withdrawal(requestId);
  return { failure: end === 'late' ? tooLate(context) : notGiven(context.label, end) };
}

interface Refusal {
  readonly request: InputRequest;
  readonly message: string;
}

/** The requests of one round. Disposing of it forgets those that still wait. */
class InputRound implements Disposable {
  readonly #replies: AwaitedReplies;
  readonly #waiting = new Set<string>();
  readonly #responses = new Map<string, JsonObject>();
  #refusal: Refusal | undefined;
  #wake: (() => void) | undefined;

  constructor(replies: AwaitedReplies) {
    this.#replies = replies;
  }

  /** Makes the id of the request that asks for an input. */
  expect(request: InputRequest): string {
    // Taken in order, so that they are given in order.
    this.#responses.set(request.key, {});
    const id = this.#replies.expect((outcome) => this.#take(id, request, outcome));
    this.#waiting.add(id);
    return id;
  }

  /** By the server's names, in its order. */
  get responses(): JsonObject {
    // fromEntries defines members, so that one called __proto__ is one.
    return Object.fromEntries(this.#responses);
  }

  get unanswered(): readonly string[] {
    return [...this.#waiting];
  }

  /** Waits until all are answered, or one is refused. @throws the reason of the signal */
  async settled(ms: number, signal: AbortSignal): Promise<'answered' | 'late' | Refusal> {
    let isLate = false;
    const wake = (): void => this.#wake?.();
    const timer = setTimeout(() => {
      isLate = true;
      wake();
    }, ms);
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#refusal !== undefined) return this.#refusal;
        if (this.#waiting.size === 0) return 'answered';
        if (isLate) return 'late';
        const { promise, resolve } = Promise.withResolvers<undefined>();
        this.#wake = () => resolve(undefined);
        await promise;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    }
  }

  [Symbol.dispose](): void {
    for (const id of this.#waiting) this.#replies.forget(id);
  }

  #take(id: string, request: InputRequest, outcome: ReplyOutcome): void {
    this.#waiting.delete(id);
    if ('result' in outcome) this.#responses.set(request.key, outcome.result);
    else this.#refusal ??= { request, message: outcome.error.message };
    this.#wake?.();
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await delay(AGAIN_MS, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** A request that needs no reply any more (MCP 2025-11-25, basic/utilities/cancellation). */
function withdrawal(requestId: string): SideMessage {
  const params = { requestId, reason: 'The call that it was for has ended.' };
  return { kind: 'notification', notification: { jsonrpc: '2.0', method: 'notifications/cancelled', params } };
}

function notDeclared({ server }: ServerLabel, { method }: InputRequest, missing: string): UpstreamAnswer {
  const message = `The server "${server}" asks for ${method}, and the client has not declared ${missing}: only a client that does can make this call.`;
  return errorAnswer(INTERNAL_ERROR, message, { code: 'client-capability-missing', server, capability: missing });
}

function notGiven({ server }: ServerLabel, { request, message }: Refusal): UpstreamAnswer {
  const shown = excerpt(message, []);
  const text = `The server "${server}" asks for ${request.method}, and the client answered with an error${shown && `: ${shown}`}.`;
  return errorAnswer(INTERNAL_ERROR, text, { code: 'input-refused', server, method: request.method });
}

function tooLate({ label: { server }, inputMs }: InputContext): UpstreamAnswer {
  const message = `The server "${server}" asks for input, which the client has not given within ${inputMs / 1000} s: call again.`;
  return errorAnswer(INTERNAL_ERROR, message, { code: 'input-timeout', server });
}
