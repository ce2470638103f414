import { randomUUID } from 'node:crypto';
import type { Principal } from '../../auth/principal.ts';
import type { CallRegister } from '../../calls/callRegister.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import type { Clock } from '../../clock.ts';
import { AnswerLogs } from '../answerLog.ts';
import type { AggregateUpstream } from '../../upstream/aggregate/aggregateUpstream.ts';

export interface HeldAggregateOptions {
  readonly id: string;
  readonly principal: Principal;
  /** Of the session; in the modern era each request names it. */
  readonly protocolVersion: string | undefined;
  readonly register: Pick<CallRegister, 'open'>;
  readonly clock: Clock;
  readonly upstream: AggregateUpstream;
  /** Its client begins now, and wants to know what the servers say of themselves. */
  readonly isNew: boolean;
  /** It is forgotten when nobody has used it for so long, and it holds nothing that could not be made anew. */
  readonly idleMs: number;
  /** The same where it holds something. */
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
  readonly #options: HeldAggregateOptions;
  #answers: AnswerLogs | undefined;
  readonly #leaveRegister: () => void;
  #opening: Promise<unknown> | undefined;
  #users = 0;
  #idleSince: number;
  #isRetired = false;
  #ended: Promise<void> | undefined;

  /** @throws what CallRegister.open throws */
  constructor(options: HeldAggregateOptions) {
    this.#options = options;
    this.id = options.id;
    this.principal = options.principal;
    this.protocolVersion = options.protocolVersion;
    this.#idleSince = options.clock();
    this.#leaveRegister = options.register.open(this);
    this.#opening = options.isNew ? options.upstream.introduce() : undefined;
  }

  /** Does something with the aggregate, which is not forgotten meanwhile. */
  async use<T>(work: (upstream: AggregateUpstream) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      await this.#opening;
      this.#opening = undefined;
      return await work(this.#options.upstream);
    } finally {
      this.#users--;
      this.#idleSince = this.#options.clock();
      if (this.#isRetired && this.#users === 0) void this.end();
    }
  }

  /** The answers that can be taken up again. */
  get answers(): AnswerLogs {
    return (this.#answers ??= new AnswerLogs(`${randomUUID().slice(0, 8)}.`));
  }

  get upstream(): AggregateUpstream {
    return this.#options.upstream;
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
    if (this.#users > 0 || this.#answers?.areAwaited === true) return;
    const { upstream, idleMs, idleWithStateMs } = this.#options;
    const holds = upstream.hasState || upstream.openConversations > 0;
    if (now - this.#idleSince >= (holds ? idleWithStateMs : idleMs)) void this.end();
  }

  async #end(): Promise<void> {
    this.#options.onEnd(this);
    try {
      await this.#options.upstream[Symbol.asyncDispose]();
    } finally {
      this.#leaveRegister();
    }
  }
}
