import { randomInt } from 'node:crypto';
import type { AppError, Unavailable } from '../../errors/appError.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { ClientMessage, JsonRpcId } from '../../mcp/jsonRpc.ts';
import { JSON_BOUNDS } from '../../mcp/jsonCost.ts';
import type { FoundResponse } from '../../mcp/messageScan.ts';
import { Pace } from '../pace.ts';
import type { UpstreamMessage } from '../upstream.ts';
import type { DuplexSettings } from './duplexSettings.ts';
import { Inbox } from './inbox.ts';
import type { BoundsOf } from './readMessages.ts';

/** A message that a reader waits for, and what it took on the wire. */
export interface Received {
  readonly message: UpstreamMessage;
  readonly bytes: number;
}

/** Chooses who gets a message that is no response. It may keep it from everybody. */
export type Route = (message: Received) => void;

export interface ChannelOptions {
  readonly label: ServerLabel;
  readonly settings: DuplexSettings;
  /**
   * Carries a message to the server, behind those that it got before. Its beginning is synchronous.
   * @throws Unavailable; the reason of the signal
   */
  readonly carry: (message: ClientMessage, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * One channel that carries the messages of all requests, both ways, from its opening to its end: the life of a program, or an
 * event stream. The transport reads it and puts in what it has read; whoever waits has an inbox.
 */
export class Channel {
  readonly label: ServerLabel;
  readonly settings: DuplexSettings;
  /** Settled with the reason once the channel carries no more. */
  readonly ended: Promise<Unavailable>;
  /** Set once the channel carries no more. */
  failure: Unavailable | undefined;
  /** Slows down a server that floods. */
  readonly pace: Pace;
  readonly #carry: ChannelOptions['carry'];
  readonly #over = Promise.withResolvers<Unavailable>();
  /** Those who wait for messages: by the id of their request as text, or by an object of their own. */
  readonly #inboxes = new Map<unknown, Inbox<Received>>();
  #route: Route = () => undefined;
  /** A server that is out of step answers one client's request on another's turn: their ids differ. Some read ids as 32 bits. */
  #nextId = randomInt(2 ** 30);
  #isLetThrough = false;
  #roomFound: (() => void) | undefined;

  constructor({ label, settings, carry }: ChannelOptions) {
    this.label = label;
    this.settings = settings;
    this.pace = new Pace(settings.unasked);
    this.#carry = carry;
    this.ended = this.#over.promise;
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Decides who gets what is no response. (Default: nobody) */
  set route(route: Route) {
    this.#route = route;
  }

  /** Opens the inbox of a request, by its id, or of a reader of other messages. */
  open(reader: unknown): Inbox<Received> {
    const inbox = new Inbox<Received>(this.settings.waiting, () => this.#roomFound?.());
    if (this.failure === undefined) this.#inboxes.set(keyOf(reader), inbox);
    else inbox.fail(this.failure);
    return inbox;
  }

  /** The reader wants no more. */
  close(reader: unknown): void {
    this.#inboxes.get(keyOf(reader))?.close();
    this.#inboxes.delete(keyOf(reader));
  }

  /** The inbox of the request with an id, while somebody waits. */
  inboxOf(id: unknown): Inbox<Received> | undefined {
    return this.#inboxes.get(keyOf(id));
  }

  /** Finds what the answer to a request may cost. */
  readonly boundsOf: BoundsOf = (id) => this.#waiterFor(id)?.answerBounds ?? JSON_BOUNDS;

  /**
   * Sends a message, behind those that were sent before; it is on its way when this returns.
   * @throws Unavailable when it can't be sent, or why the channel has ended; the reason of the signal
   */
  async send(message: ClientMessage, signal?: AbortSignal): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await this.#carry(message, signal);
  }

  /** Sends a message that nobody waits for; it is lost where it can't be sent. */
  sendAside(message: ClientMessage): void {
    // The channel has ended, or the server does not read: it needs no such message.
    this.send(message).catch(() => undefined);
  }

  /** Takes a message in. */
  receive(received: Received): void {
    const { message } = received;
    if (message.kind !== 'response') {
      this.pace.spend();
      this.#route(received);
      return;
    }
    const waiter = this.#waiterFor(message.response.id);
    // Anything else answers what has been cancelled.
    if (waiter === undefined) this.pace.spend();
    else waiter.put(received, received.bytes);
  }

  /** The server has sent something, whatever it is: to whoever waits that is a sign of life. */
  live(): void {
    for (const inbox of this.#inboxes.values()) inbox.onLife?.();
  }

  /** Answers came that can't be used: whoever waits for them learns why. */
  refuse(responses: readonly FoundResponse[], error: AppError): void {
    this.pace.spend();
    for (const { id } of responses) this.#waiterFor(id)?.fail(error);
  }

  /**
   * Waits until every reader has room, and with it the server, and until one that floods may go on: the channel is not read
   * meanwhile. Of one that has ended there is little left to read. Undefined: it may be read on now.
   */
  room(): Promise<void> | undefined {
    const turn = this.pace.turn();
    return turn === undefined && !this.#isHeldUp ? undefined : this.#waitForRoom(turn);
  }

  async #waitForRoom(turn: Promise<void> | undefined): Promise<void> {
    await turn;
    while (this.#isHeldUp) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#roomFound = () => resolve(undefined);
      await promise;
      this.#roomFound = undefined;
    }
  }

  /** The server sends no more: what is left is read at once. */
  letThrough(): void {
    this.#isLetThrough = true;
    this.pace.letThrough();
    this.#roomFound?.();
  }

  /**
   * Ends what is under way, when what waits for it has been taken. Whoever keeps the channel learns it first: those who fail may
   * ask again at once.
   */
  end(failure: Unavailable): void {
    this.#over.resolve(this.failure ?? failure);
    this.failure ??= failure;
    for (const inbox of this.#inboxes.values()) inbox.fail(this.failure);
    this.pace.letThrough();
    this.#roomFound?.();
  }

  /** A reader has no room. */
  get #isHeldUp(): boolean {
    if (this.#isLetThrough || this.failure !== undefined) return false;
    for (const inbox of this.#inboxes.values()) if (inbox.isFull) return true;
    return false;
  }

  /** An error that names no request is about the only one that waits (JSON-RPC 2.0, 5). */
  #waiterFor(id: JsonRpcId | undefined): Inbox<Received> | undefined {
    if (id !== undefined && id !== null) return this.inboxOf(id);
    const waiting = [...this.#inboxes].filter(([reader]) => typeof reader === 'string');
    return waiting.length === 1 ? waiting[0]?.[1] : undefined;
  }
}

/** Servers answer an id that is a number as a text, too. */
function keyOf(reader: unknown): unknown {
  return typeof reader === 'number' ? String(reader) : reader;
}
