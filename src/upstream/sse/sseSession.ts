import { AppError, Unavailable } from '../../errors/appError.ts';
import { notMcp, streamLost, tooLarge } from '../../mcp/failures.ts';
import type { ClientMessage } from '../../mcp/jsonRpc.ts';
import { Channel } from '../duplex/channel.ts';
import { DEFAULT_DUPLEX_SETTINGS } from '../duplex/duplexSettings.ts';
import { readMessages } from '../duplex/readMessages.ts';
import { MAX_MESSAGE_BYTES } from '../http/answerBody.ts';
import { EventReader } from '../http/eventReader.ts';
import { boundHandshake } from '../http/handshake.ts';
import type { HttpTarget } from '../http/target.ts';
import { boundRequest } from '../requestBounds.ts';
import { endpointUrl } from './endpointUrl.ts';
import { openStream, type OpenStream } from './openStream.ts';
import { Posting } from './posting.ts';

/** The messages of one session, both ways: an event stream, and what is posted to the endpoint that it names. */
export class SseSession {
  readonly channel: Channel;
  readonly #target: HttpTarget;
  readonly #ending = new AbortController();
  readonly #endpoint = Promise.withResolvers<URL>();
  readonly #posting: Posting;

  private constructor(target: HttpTarget) {
    this.#target = target;
    const { idleMs, totalMs } = target.timeouts;
    const settings = { ...DEFAULT_DUPLEX_SETTINGS, messageBytes: MAX_MESSAGE_BYTES };
    const startMs = Math.min(settings.startMs, idleMs, totalMs);
    this.channel = new Channel({
      label: target,
      settings: { ...settings, startMs },
      carry: (message, signal) => this.#posting.post(message, signal),
    });
    this.#posting = new Posting({
      target,
      endpoint: this.#endpoint.promise,
      over: this.#ending.signal,
      messageBytes: settings.messageBytes,
      receive: (received) => this.channel.receive(received),
      boundsOf: (id) => this.channel.boundsOf(id),
      onLost: (error, message) => this.#loseSession(error, message),
    });
    this.#endpoint.promise.catch(() => undefined);
  }

  /** Opens the stream and waits for its endpoint. @throws Unavailable; the reason of the signal */
  static async open(target: HttpTarget, signal: AbortSignal | undefined): Promise<SseSession> {
    const session = new SseSession(target);
    using opening = boundHandshake(target, signal);
    const abort = () => session.end(opening.signal.reason);
    opening.signal.addEventListener('abort', abort);
    try {
      opening.signal.throwIfAborted();
      void session.#run();
      await session.#endpoint.promise;
      return session;
    } finally {
      opening.signal.removeEventListener('abort', abort);
    }
  }

  /** Waits until what nobody waits for has been sent. */
  settled(): Promise<void> {
    return this.#posting.settled();
  }

  /** Ends what is under way, with an error that says why, and the stream. */
  end(reason: unknown): void {
    this.#endpoint.reject(reason);
    this.channel.end(reason instanceof Unavailable ? reason : streamLost(this.#target, reason));
    this.#ending.abort(reason);
  }

  async #run(): Promise<void> {
    const { server, timeouts, closed } = this.#target;
    using bounds = boundRequest({ server, signals: [closed, this.#ending.signal], timeouts });
    // It has no end of its own: those who wait have time-outs.
    bounds.stand();
    let stream: OpenStream | undefined;
    try {
      stream = await openStream(this.#target, bounds);
      const live = { ...bounds, received: () => this.channel.live() };
      const cursor = { lastEventId: undefined, retryMs: undefined };
      const { pace } = this.channel;
      const events = new EventReader(this.#target, stream.response, live, { cursor, pace });
      while (await events.ready()) {
        const { event, data } = events.take();
        if (event === 'message') await this.#receive(data);
        else {
          pace.spend();
          if (event === 'endpoint')
            this.#endpoint.resolve(endpointUrl(this.#target, stream.url, data.toString('utf8')));
          await this.channel.room();
        }
      }
      this.#endpoint.reject(notMcp(this.#target, 'ended its event stream before it named an endpoint for messages'));
      this.end(streamLost(this.#target));
    } catch (error) {
      const isBroken = stream !== undefined && !(error instanceof AppError);
      this.end(isBroken && !bounds.signal.aborted ? streamLost(this.#target, error) : error);
    } finally {
      if (stream !== undefined) stream.response.destroy();
    }
  }

  async #receive(data: Buffer): Promise<void> {
    const label = this.#target;
    // Clients pass over an event that they can't read.
    for (const read of await readMessages(label, data, this.channel.boundsOf)) {
      if (read.as === 'message') {
        this.channel.receive(read);
        if (read.message.kind === 'response') this.#posting.answered(read.message.response.id);
      } else if (read.as === 'unusable') {
        const { fault, responses } = read;
        this.channel.refuse(responses, read.tooLarge ? tooLarge(label, fault) : notMcp(label, `sent ${fault}`));
      } else this.channel.pace.spend();
      await this.channel.room();
    }
  }

  /** The request that was refused for it was not processed; of the others nobody knows. */
  #loseSession(error: Unavailable, message: ClientMessage): void {
    if ('id' in message) this.channel.inboxOf(message.id)?.fail(error);
    this.end(streamLost(this.#target));
  }
}
