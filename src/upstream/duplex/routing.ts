import type { Era } from '../../mcp/eras.ts';
import { INTERNAL_ERROR, METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { notMcp } from '../../mcp/failures.ts';
import {
  isJsonObject,
  plainNumber,
  type JsonObject,
  type ServerNotification,
  type ServerRequestId,
} from '../../mcp/jsonRpc.ts';
import { answerBounds } from '../../mcp/jsonCost.ts';
import { isListChange } from '../../mcp/listChanges.ts';
import { allowsServerRequest } from '../../mcp/serverRequests.ts';
import type { ProgressTokens } from '../progressTokens.ts';
import { SUBSCRIPTION_ID } from '../subscriptions.ts';
import type { ReplyOutcome, SideMessage } from '../upstream.ts';
import type { Channel, Received } from './channel.ts';
import type { Excusable } from '../requestBounds.ts';
import type { Inbox } from './inbox.ts';

/** What a server tells of without anybody having asked; anything else belongs to a request. */
const UNASKED = /^notifications\/(?:(?:tools|prompts|resources|roots)\/list_changed|resources\/updated|tasks\/status)$/;

/** Requests during which a server has no reason to ask the client for something, or to log. */
const PLAIN: ReadonlySet<string> = new Set([
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'logging/setLevel',
]);

/** Requests that a server may send during one call; far more than any does, few enough to stop one that floods us. */
const MAX_REQUESTS = 100;

/** Requests of a server that wait for answers at once, outside of calls and in them. */
const MAX_REPLYING = 1_000;

interface Ask {
  readonly method: string;
  readonly inbox: Inbox<Received>;
  readonly bounds: Excusable | undefined;
  /** Of the server's, during this one. */
  requests: number;
}

/** A request of the server's that waits for its answer. */
interface Replying {
  readonly received: Received;
  /** Of who gets it. */
  readonly inbox: Inbox<Received>;
  /** Its reader has taken it. */
  isTaken: boolean;
  /** The request whose reader took it is over: the answer may come all the same, since it may be of another one. */
  isLeft: boolean;
  /** Requests under way during which the server may have sent it: until it has its answer, it may be silent. */
  readonly excused: readonly Excusable[];
}

export interface RoutingOptions {
  readonly channel: Channel;
  readonly tokens: ProgressTokens;
  /** The capabilities that were declared to a legacy server. */
  readonly capabilities: JsonObject;
  /** Called when the server sends that a list of its has changed, whether anybody listens or not. */
  readonly onListChanged?: (() => void) | undefined;
}

/**
 * Decides who gets what a server sends beside answers. The channel is one, and a legacy server does not say which request a
 * message belongs to: then it is the last one under way during which a server may send it.
 */
export class Routing {
  readonly #options: RoutingOptions;
  /** Requests under way, by id, in the order in which they were sent. */
  readonly #asks = new Map<number, Ask>();
  readonly #listeners = new Map<object, Inbox<Received>>();
  /** What came before anybody listened. */
  readonly #unheard: Received[] = [];
  #unheardBytes = 0;
  /** By the request's id as JSON. */
  readonly #replying = new Map<string, Replying>();
  /** Until it is known, the server may be of either. */
  era: Era | undefined;

  constructor(options: RoutingOptions) {
    this.#options = options;
    options.channel.route = (received) => this.#route(received);
  }

  /** A request is sent: its inbox gets what belongs to it. */
  open(id: number, method: string, bounds?: Excusable): Inbox<Received> {
    const inbox = this.#options.channel.open(id);
    inbox.answerBounds = answerBounds(method);
    this.#asks.set(id, { method, inbox, bounds, requests: 0 });
    return inbox;
  }

  close(id: number): void {
    const inbox = this.#asks.get(id)?.inbox;
    this.#asks.delete(id);
    this.#options.channel.close(id);
    this.#leave(inbox);
  }

  /** Somebody listens, and gets what nobody has heard. */
  listen(listener: object): Inbox<Received> {
    const inbox = this.#options.channel.open(listener);
    this.#listeners.set(listener, inbox);
    for (const received of this.#unheard.splice(0)) this.#put(inbox, received);
    this.#unheardBytes = 0;
    return inbox;
  }

  unlisten(listener: object): void {
    const inbox = this.#listeners.get(listener);
    this.#listeners.delete(listener);
    this.#options.channel.close(listener);
    this.#leave(inbox);
  }

  /** A reader has taken a request of the server's. */
  noteTaken(id: ServerRequestId): void {
    const replying = this.#replying.get(JSON.stringify(id));
    if (replying !== undefined) replying.isTaken = true;
  }

  /** Takes a request that waits, to answer it. @returns false when nobody waits */
  take(id: ServerRequestId): boolean {
    return this.#settle(JSON.stringify(id));
  }

  #route(received: Received): void {
    const { message } = received;
    if (message.kind === 'request') this.#routeRequest(received, message.request);
    else if (message.kind === 'notification') this.#routeNotification(received, message.notification);
  }

  /** Modern servers send no requests (MCP 2026-07-28, basic/transports, stdio): one is ignored. */
  #routeRequest(received: Received, { id, method }: { readonly id: ServerRequestId; readonly method: string }): void {
    if (this.era === 'modern') return;
    const { channel, capabilities } = this.#options;
    const asking = this.#asking();
    const ask = this.#lastToAsk(asking);
    if (ask !== undefined && ++ask.requests > MAX_REQUESTS) {
      ask.inbox.abort(notMcp(channel.label, `sent more than ${MAX_REQUESTS} requests during one call`));
      return;
    }
    const reply = (outcome: ReplyOutcome) => channel.sendAside({ jsonrpc: '2.0', id, ...outcome });
    if (method === 'ping') reply({ result: {} });
    else if (!allowsServerRequest(capabilities, method)) {
      reply({ error: { code: METHOD_NOT_FOUND, message: 'Method not found' } });
    } else {
      const inbox = ask?.inbox ?? [...this.#listeners.values()][0];
      if (inbox === undefined) this.#keep(received);
      else this.#put(inbox, asking.length > 1 ? guessed(received) : received);
    }
  }

  #routeNotification(received: Received, { method, params }: ServerNotification): void {
    const { channel, tokens } = this.#options;
    if (isListChange(method)) this.#options.onListChanged?.();
    const meta = params?.['_meta'];
    const subscription = isJsonObject(meta) ? plainNumber(meta[SUBSCRIPTION_ID]) : undefined;
    if (subscription !== undefined) {
      channel.inboxOf(subscription)?.put(received, received.bytes);
    } else if (method === 'notifications/progress') {
      const message = tokens.restore(received.message as SideMessage);
      // On the wire a request's token is its id.
      const ask = this.#asks.get(plainNumber(params?.['progressToken']) as number);
      if (message !== undefined) ask?.inbox.put({ ...received, message }, received.bytes);
    } else if (method === 'notifications/cancelled') {
      this.#routeCancellation(received, params?.['requestId']);
    } else {
      const asking = UNASKED.test(method) ? undefined : this.#asking().at(-1);
      if (asking !== undefined) asking.inbox.put(received, received.bytes);
      else if (this.#listeners.size === 0) this.#keep(received);
      else for (const listener of this.#listeners.values()) listener.put(received, received.bytes);
    }
  }

  /** A modern server ends a subscription, a legacy one withdraws a request of its own; it goes where that went. */
  #routeCancellation(received: Received, requestId: unknown): void {
    if (this.era === 'modern') this.#options.channel.inboxOf(plainNumber(requestId))?.put(received, received.bytes);
    else {
      const key = JSON.stringify(requestId);
      this.#replying.get(key)?.inbox.put(received, received.bytes);
      this.#settle(key);
    }
  }

  /** Requests under way during which the server may ask for something, in the order in which they were sent. */
  #asking(): Ask[] {
    return [...this.#asks.values()].filter(({ method }) => !PLAIN.has(method));
  }

  /**
   * A request of the server's is of a call that waits for none yet, where there is one: so no call waits for what only another
   * one's client is asked.
   */
  #lastToAsk(asking: readonly Ask[]): Ask | undefined {
    const waiting = new Set([...this.#replying.values()].map(({ inbox }) => inbox));
    return asking.findLast(({ inbox }) => !waiting.has(inbox)) ?? asking.at(-1);
  }

  /** A request of the server's waits no longer. @returns false when it did not wait */
  #settle(key: string): boolean {
    for (const bounds of this.#replying.get(key)?.excused ?? []) bounds.resume();
    return this.#replying.delete(key);
  }

  #put(inbox: Inbox<Received>, received: Received): void {
    const { message } = received;
    if (message.kind === 'request') {
      if (this.#replying.size >= MAX_REPLYING && !this.#dropLeft()) {
        this.#refuse(message.request.id, 'Too many requests wait for their answers');
        return;
      }
      const key = JSON.stringify(message.request.id);
      this.#settle(key);
      const excused = this.#asking().flatMap(({ bounds }) => (bounds === undefined ? [] : [bounds]));
      for (const bounds of excused) bounds.pause();
      this.#replying.set(key, { received, inbox, excused, isTaken: false, isLeft: false });
    }
    inbox.put(received, received.bytes);
  }

  /** Keeps what nobody hears yet; the oldest give way, and a request among them is refused. */
  #keep(received: Received): void {
    const { messages, bytes } = this.#options.channel.settings.unheard;
    this.#unheard.push(received);
    this.#unheardBytes += received.bytes;
    while (this.#unheard.length > messages || (this.#unheardBytes > bytes && this.#unheard.length > 1)) {
      const oldest = this.#unheard.shift();
      if (oldest === undefined) return;
      this.#unheardBytes -= oldest.bytes;
      const { message } = oldest;
      if (message.kind === 'request') this.#refuse(message.request.id, 'Nobody listens to this request');
    }
  }

  #refuse(id: ServerRequestId, message: string): void {
    this.#options.channel.sendAside({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message } });
  }

  /** Nobody reads an inbox any more. A request in it that may be of another one goes there, unless somebody has taken it. */
  #leave(inbox: Inbox<Received> | undefined): void {
    for (const [key, replying] of [...this.#replying]) {
      if (replying.inbox !== inbox) continue;
      const { received, isTaken } = replying;
      const isGuess = received.message.kind === 'request' && received.message.isGuess === true;
      if (isGuess && isTaken) replying.isLeft = true;
      else this.#settle(key);
      if (isGuess && !isTaken) this.#route(received);
    }
  }

  /** Makes room: the answer that is awaited for the longest time after its request has ended is awaited no more. */
  #dropLeft(): boolean {
    const key = [...this.#replying].find(([, { isLeft }]) => isLeft)?.[0];
    return key !== undefined && this.#settle(key);
  }
}

/** Marks a request of the server's that may be of another call than the one that gets it. */
function guessed(received: Received): Received {
  const { message } = received;
  return message.kind === 'request' ? { ...received, message: { ...message, isGuess: true } } : received;
}
