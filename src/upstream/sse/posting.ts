import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import { answerFailure, tooLarge, truncated } from '../../mcp/failures.ts';
import { firstOf } from '../../mcp/headerField.ts';
import { plainNumber, type ClientMessage, type JsonRpcId } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { essence, isJsonAnswer } from '../../mcp/mediaTypes.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import type { Received } from '../duplex/channel.ts';
import { readMessages, type BoundsOf } from '../duplex/readMessages.ts';
import { answerOf } from '../http/answer.ts';
import { drain, readBytes } from '../http/answerBody.ts';
import { sendHttp } from '../http/httpRequest.ts';
import { readAnswer } from '../http/readAnswer.ts';
import type { HttpTarget } from '../http/target.ts';
import { boundRequest, SIDE_TIMEOUTS } from '../requestBounds.ts';

/** How long a POST may take that is still under way when its answer has come over the stream, in milliseconds. */
const REST_MS = 1_000;

/** Messages under way at once that nobody waits for; a server that makes us send more than that gets no more. */
const MAX_ASIDE = 32;

export interface PostingOptions {
  readonly target: HttpTarget;
  /** Where to; settled once the server has named it. */
  readonly endpoint: Promise<URL>;
  /** Aborted when the stream is over. */
  readonly over: AbortSignal;
  readonly messageBytes: number;
  /** Takes an answer that comes with the POST and not over the stream, which some servers send there. */
  readonly receive: (received: Received) => void;
  /** What the answer to a request may cost. */
  readonly boundsOf: BoundsOf;
  /** The server does not know the session any more; a request that it refused for that was not processed. */
  readonly onLost: (error: Unavailable, message: ClientMessage) => void;
}

/** Posts the messages of one session, each in an exchange of its own: one that hangs holds no other up. */
export class Posting {
  readonly #options: PostingOptions;
  /** The POST of each request that is under way, by its id as text, for servers answer a number as a text, too: what cancels it comes after it. */
  readonly #underWay = new Map<string, { readonly posted: Promise<void>; readonly ending: AbortController }>();
  /** Messages that nobody waits for. */
  readonly #asides = new Set<Promise<void>>();

  constructor(options: PostingOptions) {
    this.#options = options;
  }

  /** @param signal undefined: nobody waits for it. @throws Unavailable; the reason of the signal */
  async post(message: ClientMessage, signal: AbortSignal | undefined): Promise<void> {
    const id = requestId(message);
    if (id === undefined) {
      await (signal === undefined ? this.#postAside(message) : this.#post(message, [signal]));
      return;
    }
    const ending = new AbortController();
    const posted = this.#post(message, [signal, ending.signal]);
    this.#underWay.set(String(id), { posted, ending });
    try {
      await posted;
    } finally {
      this.#underWay.delete(String(id));
    }
  }

  /** The answer to a request has come: its POST is of no more use. */
  answered(id: JsonRpcId | null | undefined): void {
    const underWay = id === null || id === undefined ? undefined : this.#underWay.get(String(id));
    if (underWay === undefined) return;
    setTimeout(() => underWay.ending.abort(truncated(this.#options.target)), REST_MS).unref();
  }

  /** Waits until what nobody waits for has been posted, such as what cancels a call; not for long. */
  async settled(): Promise<void> {
    if (this.#asides.size === 0) return;
    const late = delay(REST_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#asides), late]);
  }

  async #postAside(message: ClientMessage): Promise<void> {
    if (this.#asides.size >= MAX_ASIDE) throw truncated(this.#options.target);
    const posting = this.#postAfterIts(message);
    this.#asides.add(posting);
    try {
      await posting;
    } finally {
      this.#asides.delete(posting);
    }
  }

  /** Posts what is about a request after the request. */
  async #postAfterIts(message: ClientMessage): Promise<void> {
    await this.#underWay.get(String(cancelledId(message)))?.posted.catch(() => undefined);
    await this.#post(message, undefined);
  }

  /** @param signals undefined: nobody waits for it */
  async #post(message: ClientMessage, signals: readonly (AbortSignal | undefined)[] | undefined): Promise<void> {
    const { target, endpoint, over } = this.#options;
    const { server } = target;
    const timeouts = signals === undefined ? SIDE_TIMEOUTS : target.timeouts;
    using bounds = boundRequest({ server, signals: [...(signals ?? []), over, target.closed], timeouts });
    const url = await endpoint;
    bounds.signal.throwIfAborted();
    const at = { ...target, url };
    const judged = await sendHttp(at, bounds, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: stringifyLossless(message),
      repeatable: isRepeatable({
        httpMethod: 'POST',
        ...('method' in message ? { method: message.method } : { kind: 'response' }),
      }),
    });
    const { response, verdict } = judged;
    if (verdict.as === 'accepted') {
      if (isJsonAnswer(essence(firstOf(response.headers['content-type']) ?? ''))) {
        await this.#readAnswer(response, bounds);
      } else drain(at, response);
      return;
    }
    const answer = await answerOf(
      readAnswer(
        { target: at, bounds, awaited: requestId(message), answerBounds: this.#options.boundsOf(requestId(message)) },
        judged,
      ),
    );
    if (answer.response !== undefined) {
      this.#options.receive({ message: { kind: 'response', response: answer.response }, bytes: 0 });
      return;
    }
    const { status, failure } = answer;
    if (status === 404 || status === 410) {
      const lost = refusedSession(server, status);
      this.#options.onLost(lost, message);
      throw lost;
    }
    throw failure?.error ?? answerFailure(target, { about: 'refusal', status });
  }

  async #readAnswer(body: Parameters<typeof readBytes>[0], bounds: Parameters<typeof readBytes>[1]): Promise<void> {
    const limit = this.#options.messageBytes;
    const { bytes, complete } = await readBytes(body, bounds, { limit, room: undefined });
    if (!complete) throw tooLarge(this.#options.target, `an answer of more than ${limit} bytes`);
    for (const read of await readMessages(this.#options.target, bytes, this.#options.boundsOf)) {
      if (read.as === 'message' && read.message.kind === 'response') this.#options.receive(read);
    }
  }
}

function refusedSession(server: string, status: number): Unavailable {
  const message = `The server "${server}" does not know the session of this call any more (HTTP ${status}).`;
  return new Unavailable('upstream-session-lost', message, { data: { server, processed: false } });
}

function requestId(message: ClientMessage): number | undefined {
  return 'method' in message && 'id' in message ? message.id : undefined;
}

function cancelledId(message: ClientMessage): number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = plainNumber(message.params?.['requestId']);
  return typeof id === 'number' ? id : undefined;
}
