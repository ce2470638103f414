import { INTERNAL_ERROR } from '../../mcp/errorCodes.ts';
import type { JsonObject, ServerNotification, ServerRequest, ServerRequestId } from '../../mcp/jsonRpc.ts';
import { isListChange } from '../../mcp/listChanges.ts';
import type {
  ReplyOutcome,
  SideMessage,
  Upstream,
  UpstreamAnswer,
  UpstreamMessage,
  UpstreamRequest,
} from '../upstream.ts';
import { notificationFor, type CallClient } from './callClient.ts';
import { inputRequestOf, sizeOf, type InputRequest } from './modernInputs.ts';
import { KeptMessages } from './keptMessages.ts';
import type { ParkedPlace } from './parkedBudget.ts';
import { SwitchedRoom } from './switchedRoom.ts';

/** Nobody waits for the call any more. It is never shown, and a stack trace per call would be waste. */
const CALL_LEFT = new Error('the client has left');

/** A request of the server's that waits for the client. */
interface Input {
  readonly id: ServerRequestId;
  readonly request: InputRequest;
  /** As the server sent it, where it may be of another call: many servers do not say whose it is. */
  readonly guess: ServerRequest | undefined;
}

export interface CarriedCallOptions {
  readonly upstream: Upstream;
  /** As the server gets it. */
  readonly request: UpstreamRequest;
  /** The server may ask for input meanwhile. */
  readonly mayAsk: boolean;
  readonly client: CallClient;
  /** How long the server is given to ask for more at once, in milliseconds. */
  readonly turnMs: number;
  /** Takes what belongs to no call although it comes with one. */
  readonly onUnasked: (notification: ServerNotification) => void;
  /** Takes a request of the server's that can't be of this call, or that this one has left unanswered. */
  readonly onStrangeRequest: (request: ServerRequest) => void;
  /** Called when nothing of the call is left at the server. */
  readonly onOver: () => void;
}

/**
 * A call at a legacy server. A client waits for it, or it is parked: the server has asked for input, and the client will bring it
 * with another request. What the server sends is read no further than the client takes it; while the call is parked all of it is
 * read, and kept within bounds, so that no other call at the same server waits behind it.
 */
export class CarriedCall {
  /** Nothing of the client's request is kept, which is over long before the call may be. */
  readonly #options: Omit<CarriedCallOptions, 'client' | 'request'>;
  readonly #ending = new AbortController();
  readonly #room: SwitchedRoom;
  readonly #inputs = new Map<string, Input>();
  readonly #kept = new KeptMessages();
  /** Undefined while it is parked. */
  #client: CallClient | undefined;
  #capabilities: JsonObject;
  #place: ParkedPlace | undefined;
  #numberOfInputs = 0;
  /** What came and was not taken yet. */
  #next: SideMessage | undefined;
  #answer: UpstreamAnswer | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Wakes who waits for what comes. */
  #wake: (() => void) | undefined;
  /** Wakes the reading of the server. */
  #taken: (() => void) | undefined;

  constructor({ client, request, ...options }: CarriedCallOptions) {
    this.#options = options;
    this.#client = client;
    this.#capabilities = client.capabilities;
    this.#room = new SwitchedRoom(client.options.leaseRoom);
    const { tool, budget, traceparent } = client.options;
    const messages = options.upstream.ask(request, {
      signal: this.#ending.signal,
      leaseRoom: client.options.leaseRoom && (() => this.#room),
      onPause: () => this.#client?.options.onPause?.(),
      tool,
      budget,
      traceparent,
    });
    void this.#read(messages);
  }

  /** What the server waits for, by the keys under which the client gets it. */
  get inputs(): ReadonlyMap<string, InputRequest> {
    return new Map([...this.#inputs].map(([key, { request }]) => [key, request]));
  }

  get isOver(): boolean {
    return this.#answer !== undefined || this.#failure !== undefined;
  }

  /**
   * Gives its client what the server sends, up to the answer, which is returned; undefined: the server waits for input.
   * Leaving early cancels the call at the server, unless it is parked.
   * @throws what asking the server throws; the reason of the client's signal
   */
  async *carry(): AsyncGenerator<SideMessage, UpstreamAnswer | undefined, void> {
    const signal = this.#client?.options.signal;
    const abort = () => this.cancel(signal?.reason);
    signal?.addEventListener('abort', abort);
    let isLeft = true;
    try {
      if (signal?.aborted === true) abort();
      for (const notification of this.#kept.take()) {
        const message = this.#client && notificationFor(this.#client, notification);
        if (message !== undefined) yield message;
        signal?.throwIfAborted();
      }
      let turn: Promise<'turn'> | undefined;
      let timer: NodeJS.Timeout | undefined;
      try {
        for (;;) {
          if (this.#next !== undefined) {
            const message = this.#next;
            this.#next = undefined;
            yield message;
            this.#taken?.();
            continue;
          }
          if (this.isOver) this.#passOn();
          if (this.#failure !== undefined) throw this.#failure.error;
          if (this.#answer !== undefined) {
            isLeft = false;
            return this.#answer;
          }
          if (this.#inputs.size === 0) {
            clearTimeout(timer);
            turn = timer = undefined;
          } else {
            turn ??= new Promise((resolve) => {
              timer = setTimeout(() => resolve('turn'), this.#options.turnMs);
            });
          }
          const { promise, resolve } = Promise.withResolvers<undefined>();
          this.#wake = () => resolve(undefined);
          const woken = await (turn === undefined ? promise : Promise.race([promise, turn]));
          this.#wake = undefined;
          if (woken === 'turn' && this.#inputs.size > 0 && this.#next === undefined && !this.isOver) {
            isLeft = false;
            return undefined;
          }
        }
      } finally {
        clearTimeout(timer);
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      if (isLeft) this.cancel(CALL_LEFT);
    }
  }

  /** Its client has got what the server asks for, and leaves. @param place where what the server sends meanwhile is counted */
  park(place: ParkedPlace): void {
    this.#client = undefined;
    this.#place = place;
    this.#room.switch(() => place.lease());
    this.#kept.countIn(place.lease());
    if (this.#next?.kind === 'notification') this.#kept.add(this.#next.notification);
    this.#next = undefined;
    this.#taken?.();
  }

  /** The client is back, with answers to some or all of what the server waits for. */
  resume(client: CallClient, responses: ReadonlyMap<string, JsonObject>): void {
    this.#client = client;
    this.#capabilities = client.capabilities;
    this.#place = undefined;
    this.#room.switch(client.options.leaseRoom);
    for (const [key, result] of responses) void this.#settle(key, { result });
  }

  /** It may be asked for input. */
  get mayAsk(): boolean {
    return this.#options.mayAsk && !this.isOver;
  }

  /** Takes a request of the server's, which waits for the answer; one that the client can't be asked for is refused. */
  take(request: ServerRequest, isGuess = true): void {
    const outcome = inputRequestOf(request, this.#capabilities);
    if ('refusal' in outcome) {
      void this.#reply(request.id, { error: outcome.refusal });
      return;
    }
    try {
      this.#place?.grow(sizeOf(outcome.input));
    } catch (error) {
      void this.#reply(request.id, { error: { code: INTERNAL_ERROR, message: (error as Error).message } });
      return;
    }
    this.#inputs.set(`input-${++this.#numberOfInputs}`, {
      id: request.id,
      request: outcome.input,
      guess: isGuess ? request : undefined,
    });
    this.#wake?.();
  }

  /** The server does not wait for a request of its own any longer. */
  withdraw(id: unknown): void {
    const name = JSON.stringify(id);
    for (const [key, input] of this.#inputs) if (JSON.stringify(input.id) === name) this.#inputs.delete(key);
    this.#wake?.();
  }

  /** Ends the call at the server. */
  cancel(reason: unknown): void {
    if (!this.#ending.signal.aborted) this.#ending.abort(reason);
    this.#taken?.();
  }

  /** Ends the call at the server, whose requests get an error first. */
  async giveUp(why: string): Promise<void> {
    const error = { code: INTERNAL_ERROR, message: why };
    const own = [...this.#inputs].filter(([, { guess }]) => guess === undefined);
    await Promise.all(own.map(([key]) => this.#settle(key, { error })));
    this.cancel(CALL_LEFT);
    if (this.isOver) this.#passOn();
  }

  async #read(messages: AsyncGenerator<UpstreamMessage, void, void>): Promise<void> {
    try {
      for await (const message of messages) {
        if (message.kind === 'response') {
          // The answer is kept until the client is back.
          this.#place?.grow(this.#room.bytes);
          this.#answer = message;
          break;
        }
        if (message.kind === 'request') this.#takeOwn(message.request, message.isGuess === true);
        else await this.#notify(message.notification);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#options.onOver();
      // Who is asked already brings the answers with the repeat.
      if (this.#client !== undefined || this.#ending.signal.aborted) this.#passOn();
      this.#wake?.();
    }
  }

  /** The call is over. What the server still asks may be of another one, where the server did not say whose it is. */
  #passOn(): void {
    const left = [...this.#inputs.values()];
    this.#inputs.clear();
    for (const { guess } of left) if (guess !== undefined) this.#options.onStrangeRequest(guess);
  }

  #takeOwn(request: ServerRequest, isGuess: boolean): void {
    if (this.#options.mayAsk) this.take(request, isGuess);
    else this.#options.onStrangeRequest(request);
  }

  async #notify(notification: ServerNotification): Promise<void> {
    const { method, params } = notification;
    if (method === 'notifications/cancelled') this.withdraw(params?.['requestId']);
    else if (isListChange(method) || method === 'notifications/resources/updated')
      this.#options.onUnasked(notification);
    else if (OF_LEGACY.has(method)) return;
    else if (this.#client === undefined) this.#kept.add(notification);
    else {
      const message = notificationFor(this.#client, notification);
      if (message === undefined) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#taken = () => resolve(undefined);
      this.#next = message;
      this.#wake?.();
      await promise;
      this.#taken = undefined;
    }
  }

  async #settle(key: string, outcome: ReplyOutcome): Promise<void> {
    const input = this.#inputs.get(key);
    this.#inputs.delete(key);
    if (input !== undefined) await this.#reply(input.id, outcome);
  }

  async #reply(id: ServerRequestId, outcome: ReplyOutcome): Promise<void> {
    try {
      await this.#options.upstream.reply(id, outcome);
    } catch (error) {
      // The server waits for what does not come.
      this.cancel(error);
    }
  }
}

/** What modern clients know nothing of (MCP 2026-07-28, changelog). */
const OF_LEGACY: ReadonlySet<string> = new Set(['notifications/elicitation/complete', 'notifications/tasks/status']);
