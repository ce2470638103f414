import type { ServerResponse } from 'node:http';
import { AppError, Invalid, Limited } from '../../errors/appError.ts';
import type { JsonRpcId } from '../../mcp/jsonRpc.ts';
import type { AdmittedRequest } from '../admittedRequest.ts';
import type { CallContext } from '../callContext.ts';
import type { Gate } from '../gate.ts';
import { unsentRequest, type GatewayAnswers } from '../gatewayAnswers.ts';
import { whenClosed, type LineResponse } from '../lineResponse.ts';
import type { Message } from '../message.ts';
import type { MessageIntake } from '../messageIntake.ts';
import type { ReadBody } from '../readBody.ts';
import { readMessage, type PostedMessage } from '../readMessage.ts';
import type { LineExchange } from './lineExchange.ts';
import { listenInSession } from './sessionListening.ts';

/**
 * Requests of one exchange that are under way. More are refused, and not left unread: behind them may come what those under way
 * wait for, the answer to a server's request or a cancellation.
 */
const MAX_REQUESTS = 256;

/** Messages without a response that are under way; until one is passed on, nothing more is read. */
const MAX_UNANSWERED = 32;

export interface LineMessagesOptions {
  readonly context: CallContext;
  readonly gate: Gate;
  readonly intake: MessageIntake;
  readonly answers: GatewayAnswers;
}

/** Takes the messages of one exchange, each as if it had come in a request of its own. */
export class LineMessages {
  readonly #options: LineMessagesOptions;
  readonly #exchange: LineExchange;
  readonly #admitted: AdmittedRequest<ServerResponse>;
  readonly #unanswered = new Set<Promise<void>>();
  #isListening = false;

  constructor(options: LineMessagesOptions, exchange: LineExchange, admitted: AdmittedRequest<ServerResponse>) {
    this.#options = options;
    this.#exchange = exchange;
    this.#admitted = admitted;
  }

  /** Starts the call of a message, or answers it. Resolves when the next one may come. */
  async take(body: ReadBody): Promise<void> {
    const posted = this.#read(body);
    if (posted === undefined) return;
    const { message } = posted;
    const { awaited, method } = message;
    const response = this.#exchange.respond(awaited, method === 'subscriptions/listen');
    response.once('close', () => body.lease?.release());
    await this.#start(response, (admitted) => this.#options.intake.judge(admitted, posted, body));
    // What follows is of the session that it begins.
    if (method === 'initialize') await whenClosed(response);
    if (awaited.length === 0) await this.#wait(response);
    if (method === 'notifications/initialized') this.#listen();
  }

  /** Reads a message that may be carried now; undefined: it was answered. */
  #read(body: ReadBody): PostedMessage | undefined {
    try {
      const posted = readMessage(body.bytes, undefined);
      if ('error' in posted) {
        this.#refuse(body, posted.error, [this.#exchange.isUnderWay(posted.id) ? null : posted.id]);
        return undefined;
      }
      const { message } = posted;
      const repeated = this.#repeatedId(message);
      const error = repeated ?? this.#whyNotNow(message);
      if (error === undefined) return posted;
      this.#refuse(body, error, repeated === undefined ? message.awaited : [null], message);
    } catch (error) {
      this.#refuse(body, error, [null]);
    }
    return undefined;
  }

  /** @param ids that the error answers; null: it is not known whose it is */
  #refuse({ bytes, lease }: ReadBody, error: unknown, ids: readonly JsonRpcId[], message?: Message): void {
    lease?.release();
    const { answers } = this.#options;
    const res = this.#exchange.respond(ids);
    const call = unsentRequest(this.#admitted, message, bytes.length);
    answers.refuse({ req: this.#admitted.req, res, id: ids[0], call }, error);
  }

  /** One id gets one answer, so that the second request gets an error without one. */
  #repeatedId({ awaited }: Message): AppError | undefined {
    const ids = new Set(awaited.map((id) => JSON.stringify(id)));
    if (ids.size === awaited.length && !awaited.some((id) => this.#exchange.isUnderWay(id))) return undefined;
    return new Invalid(
      'invalid-request',
      'The id is that of a request under way, and its answer could not be told from that: use another id.',
      { data: { id: awaited.length === 1 ? awaited[0] : awaited } },
    );
  }

  #whyNotNow({ awaited, method }: Message): AppError | undefined {
    if (method === 'initialize' && this.#exchange.session !== undefined) {
      return new Invalid(
        'invalid-request',
        'The session has begun, and lasts as long as this request: send another one.',
      );
    }
    if (this.#exchange.underWay + awaited.length <= MAX_REQUESTS) return undefined;
    return new Limited(
      'too-many-calls',
      `At most ${String(MAX_REQUESTS)} requests may be under way here: send it when others have been answered.`,
      { data: { maxRequests: MAX_REQUESTS } },
    );
  }

  /** Admits a message as the request itself was; who asks, and what for, may have changed. Resolves when its call has begun. */
  async #start(response: LineResponse, begin: (admitted: AdmittedRequest) => void): Promise<void> {
    const { req } = this.#admitted;
    await new Promise<void>((resolve) => {
      response.once('close', () => resolve());
      this.#options.gate.admitLine(req, response, (admitted) => {
        begin(admitted);
        resolve();
      });
    });
  }

  async #wait(response: LineResponse): Promise<void> {
    const closed = whenClosed(response).finally(() => this.#unanswered.delete(closed));
    this.#unanswered.add(closed);
    if (this.#unanswered.size >= MAX_UNANSWERED) await Promise.race(this.#unanswered);
  }

  #listen(): void {
    if (this.#isListening || this.#exchange.session === undefined) return;
    this.#isListening = true;
    const { signal } = this.#exchange;
    const listen = (): LineResponse => {
      const response = this.#exchange.respond([], true);
      void this.#start(response, (admitted) => {
        try {
          this.#options.intake.forward(admitted, 'GET');
        } catch (error) {
          this.#options.answers.refuse({ req: admitted.req, res: response }, error);
        }
      });
      return response;
    };
    void listenInSession({ listen, signal });
  }
}
