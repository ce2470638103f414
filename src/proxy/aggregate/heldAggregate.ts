import { randomUUID } from 'node:crypto';
import type { Principal } from '../../auth/principal.ts';
import type { CallRegister } from '../../calls/callRegister.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import type { Clock } from '../../clock.ts';
import type { Era } from '../../mcp/eras.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import { AnswerLogs } from '../answerLog.ts';
import type { AggregateUpstream } from '../../upstream/aggregate/aggregateUpstream.ts';
import type { ParkedAggregate } from '../../upstream/aggregate/parkedAggregate.ts';
import type { AggregateSession } from './aggregateSession.ts';
import type { View } from './view.ts';

/** Whose aggregate it is. */
export interface AggregateClient {
  readonly session: AggregateSession;
  readonly principal: Principal;
  readonly view: View;
  readonly era: Era;
  /** The path of the request with which it began (RFC 9110, 7.6.3). */
  readonly via: string;
}

/** What all of them have in common: a parked one is to take little memory. */
export interface HeldAggregateOptions {
  readonly register: Pick<CallRegister, 'open'>;
  readonly clock: Clock;
  /** Makes the aggregate, which goes on with what another one has left. */
  readonly open: (client: AggregateClient, parked: ParkedAggregate | undefined) => AggregateUpstream;
  /** When nobody has used it for so long, it is forgotten where it holds nothing that could not be made anew, else parked. */
  readonly idleMs: number;
  /** It ends when nobody has used it for so long. */
  readonly idleWithStateMs: number;
  readonly onEnd: (held: HeldAggregate) => void;
}

/** The aggregate of a legacy session, or of a key in the modern era, as long as it holds anything. */
export class HeldAggregate implements RunningCall {
  readonly id: string;
  readonly principal: Principal;
  protocolVersion: string | undefined;
  readonly server = undefined;
  readonly tools: readonly string[] = [];
  readonly onlyTools = false;
  readonly standing = true;
  readonly holds = 'aggregate';
  readonly #client: AggregateClient;
  readonly #options: HeldAggregateOptions;
  /** The aggregate; parked, what is left of it. */
  #upstream: AggregateUpstream | undefined;
  #parked: ParkedAggregate | undefined;
  #stopFollowing: (() => void) | undefined;
  #answers: AnswerLogs | undefined;
  readonly #leaveRegister: () => void;
  #opening: Promise<unknown> | undefined;
  #users = 0;
  #idleSince: number;
  #isRetired = false;
  #ended: Promise<void> | undefined;

  /**
   * @param isNew its client begins now, and wants to know what the servers say of themselves
   * @throws what CallRegister.open throws
   */
  constructor(client: AggregateClient, options: HeldAggregateOptions, isNew: boolean) {
    this.#client = client;
    this.#options = options;
    this.id = client.session.id;
    this.principal = client.principal;
    // In the modern era each request names it.
    this.protocolVersion = client.era === 'legacy' ? client.session.protocolVersion : undefined;
    this.#idleSince = options.clock();
    this.#leaveRegister = options.register.open(this);
    this.#opening = isNew ? this.upstream.introduce() : undefined;
  }

  /** Does something with the aggregate, which is not forgotten meanwhile. */
  async use<T>(work: (upstream: AggregateUpstream) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      await this.#opening;
      this.#opening = undefined;
      return await work(this.upstream);
    } finally {
      this.#users--;
      this.#idleSince = this.#options.clock();
      if (this.#isRetired && this.#users === 0) void this.end();
    }
  }

  get session(): AggregateSession {
    return this.#client.session;
  }

  /** The answers that can be taken up again. */
  get answers(): AnswerLogs {
    return (this.#answers ??= new AnswerLogs(`${randomUUID().slice(0, 8)}.`));
  }

  /** The aggregate; a parked one goes on. @throws Unavailable when it has ended */
  get upstream(): AggregateUpstream {
    return this.#upstream ?? this.#open();
  }

  #open(): AggregateUpstream {
    if (this.#ended !== undefined) throw upstreamClosed({ server: 'mcp' });
    const upstream = this.#options.open(this.#client, this.#parked);
    this.#upstream = upstream;
    this.#parked = undefined;
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    return upstream;
  }

  /** A call that goes past it uses what it holds. */
  touch(): void {
    this.#idleSince = this.#options.clock();
  }

  /** Ends it, and the conversations with servers that it holds. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  allows({ scopes }: Pick<Principal, 'scopes' | 'grants'>): boolean {
    return scopes.has('mcp');
  }

  cut(): void {
    void this.end();
  }

  endStanding(): boolean {
    this.#isRetired = true;
    if (this.#users === 0) void this.end();
    return true;
  }

  tick(now: number): void {
    if (this.#isInUse || this.#ended !== undefined) return;
    // A call that goes past it has no other end here.
    if (this.#upstream?.isInUse === true) this.#idleSince = now;
    const { idleMs, idleWithStateMs } = this.#options;
    const idleFor = now - this.#idleSince;
    if (idleFor >= idleWithStateMs) void this.end();
    else if (idleFor >= idleMs) this.rest();
  }

  /** Lets go of what can be made anew. Returns whether it holds no more than that. */
  rest(): boolean {
    const upstream = this.#upstream;
    if (upstream === undefined || this.#ended !== undefined) return true;
    if (this.#isInUse || upstream.isInUse) return false;
    const isEmpty = !upstream.hasState && upstream.openConversations === 0;
    if (isEmpty) void this.end();
    return isEmpty || this.#park(upstream);
  }

  /** Somebody else needs its place. Returns whether it has ended. */
  endIfIdle(): boolean {
    if (this.#isInUse || this.#upstream?.isInUse === true) return false;
    void this.end();
    return true;
  }

  /** A request is under way, or its answer may be taken up again. */
  get #isInUse(): boolean {
    return this.#users > 0 || this.#opening !== undefined || this.#answers?.isEmpty === false;
  }

  /** Keeps what it takes to go on, if that is all that the aggregate holds. */
  #park(upstream: AggregateUpstream): boolean {
    const { view } = this.#client;
    // The view is followed all the time.
    const { entries } = view;
    const stopFollowing = view.onChange(() => this.#follow(entries));
    const parked = upstream.parkAll();
    if (parked === undefined) {
      stopFollowing();
      return false;
    }
    this.#parked = parked;
    this.#upstream = undefined;
    this.#answers = undefined;
    this.#stopFollowing = stopFollowing;
    return true;
  }

  /** What has changed of the servers where it has sessions is the aggregate's business. */
  #follow(before: View['entries']): void {
    const serverIn = (entries: View['entries'], name: string) =>
      entries.find(({ server }) => server.name === name)?.server;
    const isSame = this.#parked?.connections.every(
      ({ server }) => serverIn(before, server) === serverIn(this.#client.view.entries, server),
    );
    if (isSame === false) this.#open();
  }

  async #end(): Promise<void> {
    this.#options.onEnd(this);
    this.#stopFollowing?.();
    try {
      await (this.#upstream ?? this.#parked)?.[Symbol.asyncDispose]();
    } finally {
      this.#leaveRegister();
    }
  }
}
