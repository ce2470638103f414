import { compileGrants } from '../auth/grants.ts';
import { apiKey, type ApiKeyState } from '../commands/apiKey.ts';
import { mcpServer, type McpServerState } from '../commands/mcpServer.ts';
import type { EventStore } from '../events/eventStore.ts';
import { mcpServerStream } from '../events/mcpServer.ts';
import { keyIdOf } from '../events/streamName.ts';
import type { KnownEvent } from '../events/knownEvent.ts';
import { readable } from './readable.ts';
import { isKeyEvent, isServerEvent } from './stateAt.ts';

/** A moment at which something began or ended to be allowed. */
export interface Turn {
  /** Ms since the epoch. */
  readonly atMs: number;
  /** The event that did it; undefined: time did, when a key expired or had been rotated out. */
  readonly event: KnownEvent | undefined;
}

/** A stretch of time in which something was allowed without a break. */
export interface Span {
  readonly since: Turn;
  /** Undefined while it lasts. */
  readonly until: Turn | undefined;
}

export interface Allowed extends Span {
  readonly id: string;
  readonly name: string;
  /** Those of its grants that cover what is asked for. */
  readonly grants: readonly string[];
}

export interface WhoCould {
  /** Of the server, then. */
  readonly server: McpServerState['status'];
  readonly keys: readonly Allowed[];
}

export interface WhoCouldQuestion {
  readonly server: string;
  /** Undefined: any of its tools. */
  readonly tool: string | undefined;
  /** Ms since the epoch. */
  readonly atMs: number;
  readonly nowMs: number;
}

/**
 * Finds the keys that could use a server, or a tool of it, at some time: with the scope `mcp`, a grant, neither inactive nor
 * expired, rotated out or deleted, while the server was registered and enabled. Memory holds the keys that are followed.
 * @throws Refused `history-unreadable`; Unavailable
 */
export async function whoCould(store: EventStore, question: WhoCouldQuestion): Promise<WhoCould> {
  const { server, atMs, nowMs } = question;
  const serverSpan = new SpanAt(atMs);
  let state = mcpServer.initial;
  let then = state.status;
  for await (const recorded of store.readStream(mcpServerStream(server))) {
    const event = readable(recorded);
    if (event === undefined || !isServerEvent(event)) continue;
    state = mcpServer.evolve(state, event);
    const isUp = state.status === 'enabled';
    if (serverSpan.turn(event, isUp, Infinity)) then = state.status;
  }
  const up = serverSpan.end(nowMs);
  if (up === undefined) return { server: then, keys: [] };

  const followed = new Map<string, FollowedKey>();
  for await (const recorded of store.readAll()) {
    if (!recorded.stream.startsWith(`${apiKey.category}-`)) continue;
    const event = readable(recorded);
    if (event === undefined || !isKeyEvent(event)) continue;
    const key = followed.get(event.stream) ?? new FollowedKey(question);
    key.follow(event);
    if (key.isOut) followed.delete(event.stream);
    else followed.set(event.stream, key);
  }
  const keys = [...followed].flatMap(([stream, key]) => {
    const span = key.end(nowMs);
    return span === undefined ? [] : [{ id: keyIdOf(stream), ...key.then, ...both(span, up) }];
  });
  return { server: then, keys: keys.toSorted((a, b) => a.since.atMs - b.since.atMs) };
}

/** Finds the span around one moment, as turns come in order. */
class SpanAt {
  readonly #atMs: number;
  #since: Turn | undefined;
  #until: Turn | undefined;
  /** When time alone ends what is allowed now. */
  #endsAtMs = Infinity;
  /** A turn after the moment has come: the span can only end any more. */
  #isPast = false;

  constructor(atMs: number) {
    this.#atMs = atMs;
  }

  /** The moment has passed, and nothing was allowed at it. */
  get isOut(): boolean {
    return this.#isPast && this.#since === undefined;
  }

  /** Takes what holds from an event on. @returns whether the event lies before or at the moment */
  turn(event: KnownEvent, isAllowed: boolean, endsAtMs: number): boolean {
    const atMs = Date.parse(event.metadata.at);
    this.#passTime(atMs);
    // A rotation without grace ends the key it rotates at once.
    const goesOn = isAllowed && endsAtMs > atMs;
    if (this.#isPast || atMs > this.#atMs) {
      this.#pass();
      if (this.#since === undefined || this.#until !== undefined) return false;
      if (!goesOn) this.#until = { atMs, event };
      else this.#endsAtMs = endsAtMs;
      return false;
    }
    if (!goesOn) this.#since = undefined;
    else this.#since ??= { atMs, event };
    this.#endsAtMs = endsAtMs;
    return true;
  }

  end(nowMs: number): Span | undefined {
    this.#passTime(nowMs);
    this.#pass();
    return this.#since === undefined ? undefined : { since: this.#since, until: this.#until };
  }

  /** Notes that time has ended the span, before anything else happened. */
  #passTime(toMs: number): void {
    if (this.#since === undefined || this.#until !== undefined || this.#endsAtMs > toMs) return;
    if (this.#endsAtMs <= this.#atMs) this.#since = undefined;
    else this.#until = { atMs: this.#endsAtMs, event: undefined };
  }

  #pass(): void {
    if (!this.#isPast && this.#endsAtMs <= this.#atMs) this.#since = undefined;
    this.#isPast = true;
  }
}

class FollowedKey extends SpanAt {
  readonly #question: WhoCouldQuestion;
  #state: ApiKeyState = apiKey.initial;
  /** As it was then. */
  then: { readonly name: string; readonly grants: readonly string[] } = { name: '', grants: [] };

  constructor(question: WhoCouldQuestion) {
    super(question.atMs);
    this.#question = question;
  }

  follow(event: Extract<KnownEvent, { readonly type: `ApiKey${string}` }>): void {
    const state = apiKey.evolve(this.#state, event);
    this.#state = state;
    if (state.status === 'none' || state.status === 'deleted') {
      this.turn(event, false, Infinity);
      return;
    }
    const { name, access, rotation } = state;
    const grants = access.grants.filter((grant) => covers(grant, this.#question));
    const isAllowed = state.status === 'active' && access.scopes.includes('mcp') && grants.length > 0;
    const endsAtMs = Math.min(msOf(access.expiresAt), msOf(rotation?.validUntil));
    if (this.turn(event, isAllowed, endsAtMs)) this.then = { name, grants };
  }
}

function covers(grant: string, { server, tool }: WhoCouldQuestion): boolean {
  const granted = compileGrants([grant]).forServer(server);
  if (granted === undefined) return false;
  return tool === undefined || granted === 'all' || granted(tool);
}

function msOf(time: string | undefined): number {
  return time === undefined ? Infinity : Date.parse(time);
}

/** The stretch that two have in common. */
function both(a: Span, b: Span): Span {
  const since = a.since.atMs >= b.since.atMs ? a.since : b.since;
  const until = (a.until?.atMs ?? Infinity) <= (b.until?.atMs ?? Infinity) ? a.until : b.until;
  return { since, until };
}
