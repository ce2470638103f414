import { compileGrants } from '../access/grants.ts';
import { apiKey, type ApiKeyState } from '../commands/apiKey.ts';
import { mcpServer, type McpServerState } from '../commands/mcpServer.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { mcpServerStream } from '../events/mcpServer.ts';
import { keyIdOf, repairedStream } from '../events/streamName.ts';
import { decodeOrReason, beginsStream, type KnownEvent } from '../events/knownEvent.ts';

import { historyOf, wholeHistory, type WholeHistoryOptions } from './history.ts';
import { isKeyEvent, isServerEvent } from './stateAt.ts';
import { isRepair, timeOf, Usability, type UsabilityFault } from './usability.ts';

/** A moment at which something began or ended to be allowed. */
export interface Turn {
  /** Ms since the epoch. */
  readonly atMs: number;
  /** The event that did it; undefined: time did, when a key expired or had been rotated out. */
  readonly event: KnownEvent | UnreadablePlace | undefined;
}

/** An event that can't be read: it made its key or server unusable. */
export interface UnreadablePlace {
  readonly unreadable: true;
  readonly stream: string;
  readonly revision: number;
}

/** A span of time in which something was allowed without a break. */
export interface Span {
  readonly since: Turn;
  /** Undefined while it lasts. */
  readonly until: Turn | undefined;
}

export interface Allowed extends Span {
  readonly id: string;
  readonly name: string;
  /** Those of its grants that cover the server or tool in question. */
  readonly grants: readonly string[];
}

export interface AccessAt {
  /** Of the server, then. */
  readonly server: McpServerState['status'];
  /** Why the server could not be used then, whatever its status. */
  readonly serverFault: UsabilityFault | undefined;
  readonly keys: readonly Allowed[];
  /** Keys that the events which can be read would have let use it: one that can't be read made them unusable. */
  readonly unusable: readonly Pick<Allowed, 'id' | 'name' | 'grants'>[];
}

export interface AccessQuery {
  readonly server: string;
  /** Undefined: any of its tools. */
  readonly tool: string | undefined;
  /** Ms since the epoch. */
  readonly atMs: number;
  readonly nowMs: number;
}

/**
 * Finds the keys that could use a server, or a tool of it, at some time: with the scope `mcp`, a grant, neither inactive nor
 * expired, rotated out, retired or deleted, while the server was registered and enabled; and neither of them with an event
 * that can't be read. Memory holds the keys that are followed.
 * @throws Unavailable; what the signal is aborted with
 */
export async function accessAt(
  store: EventStore,
  question: AccessQuery,
  watching: WholeHistoryOptions = {},
): Promise<AccessAt> {
  const { nowMs } = question;
  const found = await followServer(store, question);
  const up = found.span;
  if (up === undefined) return { server: found.status, serverFault: found.fault, keys: [], unusable: [] };

  const followed = new Map<string, FollowedKey>();
  for await (const recorded of wholeHistory(store, watching)) {
    const stream = repairedStream(recorded.stream) ?? recorded.stream;
    if (!stream.startsWith(`${apiKey.category}-`)) continue;
    let key = followed.get(stream);
    if (key === undefined) {
      // A stream of another program, one whose beginning is lost, or that of a key which is ruled out already.
      if (stream !== recorded.stream || !beginsStream(recorded)) continue;
      key = new FollowedKey(question);
      followed.set(stream, key);
    }
    key.follow(recorded);
    if (key.isOut && !key.then.isUnusable) followed.delete(stream);
  }
  const keys = [...followed].flatMap(([stream, key]) => {
    const span = key.end(nowMs);
    return span === undefined ? [] : [{ id: keyIdOf(stream), ...named(key), ...both(span, up) }];
  });
  const unusable = [...followed].flatMap(([stream, key]) =>
    key.then.isUnusable ? [{ id: keyIdOf(stream), ...named(key) }] : [],
  );
  return {
    server: found.status,
    serverFault: undefined,
    keys: keys.toSorted((a, b) => a.since.atMs - b.since.atMs),
    unusable: unusable.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function named({ then: { name, grants } }: FollowedKey): Pick<Allowed, 'name' | 'grants'> {
  return { name, grants };
}

async function followServer(
  store: EventStore,
  { server, atMs, nowMs }: AccessQuery,
): Promise<{ status: McpServerState['status']; fault: UsabilityFault | undefined; span: Span | undefined }> {
  const span = new SpanAt(atMs);
  const usability = new Usability();
  let state = mcpServer.initial;
  let then: { status: McpServerState['status']; fault: UsabilityFault | undefined } = {
    status: state.status,
    fault: undefined,
  };
  for await (const recorded of historyOf(store, mcpServerStream(server))) {
    if (state.status === 'none' && !beginsStream(recorded)) continue;
    const turn = turnOf(recorded, usability, span.lastMs);
    if (turn === undefined) continue;
    if (turn.read !== undefined && isServerEvent(turn.read)) state = mcpServer.evolve(state, turn.read);
    const { fault } = usability;
    if (span.turn(turn, state.status === 'enabled' && fault === undefined, Infinity)) {
      then = { status: state.status, fault: state.status === 'enabled' ? fault : undefined };
    }
  }
  return { ...then, span: span.end(nowMs) };
}

/** A turn, and the event of it, if it can be read. */
interface ReadTurn extends Turn {
  readonly read: KnownEvent | undefined;
}

/** Reads what an event does at which time, and follows its effect on usability; undefined for an unknown type. */
function turnOf(recorded: RecordedEvent, usability: Usability, lastMs: number): ReadTurn | undefined {
  const event = decodeOrReason(recorded);
  if (event === undefined) return undefined;
  if (typeof event !== 'string') {
    if (isRepair(event)) usability.follow(event);
    return { atMs: Date.parse(event.metadata.at), event, read: event };
  }
  usability.meet(recorded);
  const { stream, revision } = recorded;
  return { atMs: timeOf(recorded) ?? lastMs, event: { unreadable: true, stream, revision }, read: undefined };
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
  /** When the last turn was. */
  lastMs = -Infinity;

  constructor(atMs: number) {
    this.#atMs = atMs;
  }

  /** The moment has passed, and nothing was allowed at it. */
  get isOut(): boolean {
    return this.#isPast && this.#since === undefined;
  }

  /** Takes what holds from an event on. @returns whether the event lies before or at the moment */
  turn({ atMs, event }: Turn, isAllowed: boolean, endsAtMs: number): boolean {
    this.lastMs = atMs;
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
  readonly #question: AccessQuery;
  readonly #usability = new Usability();
  #state: ApiKeyState = apiKey.initial;
  /** As it was then. */
  then: { readonly name: string; readonly grants: readonly string[]; readonly isUnusable: boolean } = {
    name: '',
    grants: [],
    isUnusable: false,
  };

  constructor(question: AccessQuery) {
    super(question.atMs);
    this.#question = question;
  }

  follow(recorded: RecordedEvent): void {
    const turn = turnOf(recorded, this.#usability, this.lastMs);
    if (turn === undefined) return;
    if (turn.read !== undefined && isKeyEvent(turn.read)) this.#state = apiKey.evolve(this.#state, turn.read);
    const state = this.#state;
    if (state.status === 'none' || state.status === 'deleted') {
      if (this.turn(turn, false, Infinity)) this.then = { ...this.then, isUnusable: false };
      return;
    }
    const { name, access, rotation } = state;
    const grants = access.grants.filter((grant) => covers(grant, this.#question));
    const isGranted = state.status === 'active' && access.scopes.includes('mcp') && grants.length > 0;
    const endsAtMs = Math.min(msOf(access.expiresAt), msOf(rotation?.validUntil));
    const { fault } = this.#usability;
    if (!this.turn(turn, isGranted && fault === undefined, endsAtMs)) return;
    const isUnusable = fault === 'unreadable' && isGranted && endsAtMs > this.#question.atMs;
    this.then = { name, grants, isUnusable };
  }
}

function covers(grant: string, { server, tool }: AccessQuery): boolean {
  const granted = compileGrants([grant]).forServer(server);
  if (granted === undefined) return false;
  return tool === undefined || granted === 'all' || granted(tool);
}

function msOf(time: string | undefined): number {
  return time === undefined ? Infinity : Date.parse(time);
}

/** The span that two have in common. */
function both(a: Span, b: Span): Span {
  const since = a.since.atMs >= b.since.atMs ? a.since : b.since;
  const until = (a.until?.atMs ?? Infinity) <= (b.until?.atMs ?? Infinity) ? a.until : b.until;
  return { since, until };
}
