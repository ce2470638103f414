/** What a call does, as far as faults tell calls apart. Tombstones count as deletions. */
export type RpcKind = 'append' | 'read' | 'subscribe' | 'delete' | 'features' | 'gossip';

export type Refusal =
  | 'access-denied'
  | 'unauthenticated'
  | 'not-leader'
  | 'no-leader'
  | 'timeout'
  | 'too-busy'
  | 'not-ready'
  | 'unavailable'
  | 'stream-deleted'
  | 'max-append-size'
  | 'unknown'
  | 'internal';

/** `when`: before or after the call has taken effect. A read takes effect as it sends. */
export type Fault =
  /** Destroys the connection the call came on. */
  | { readonly fault: 'drop'; readonly when: 'before' | 'after' }
  /** Does not answer, until `release` or for ever. */
  | { readonly fault: 'hang'; readonly when: 'before' | 'after' }
  /** Answers late. */
  | { readonly fault: 'delay'; readonly ms: number }
  /** Sends so many events of a read or subscription and then nothing, until `release` or for ever. */
  | { readonly fault: 'stall'; readonly afterEvents: number }
  /** Sends so many events of a read or subscription and then destroys the connection. */
  | { readonly fault: 'break'; readonly afterEvents: number }
  | { readonly fault: 'refuse'; readonly error: Refusal }
  /** Lets the test do something at just that moment: crash the server, change the leader. */
  | { readonly fault: 'run'; readonly when: 'before' | 'after'; readonly action: () => unknown };

interface PlannedFault {
  readonly kind: RpcKind;
  readonly fault: Fault;
  readonly stream: string | undefined;
  times: number;
}

/** Faults to come, kept per kind of call. */
export class Faults {
  readonly #next: PlannedFault[] = [];
  readonly #standing: PlannedFault[] = [];
  readonly #held = new Set<() => void>();

  /** Fails the next calls of a kind, after those already planned. (Default: one, whatever its stream; `$all` is one) */
  next(kind: RpcKind, fault: Fault, times = 1, stream?: string): void {
    this.#next.push({ kind, fault, times, stream });
  }

  /** Fails every call of a kind until the answered function, or `clear`, is called. */
  always(kind: RpcKind, fault: Fault, stream?: string): () => void {
    const standing = { kind, fault, times: Infinity, stream };
    this.#standing.push(standing);
    return () => this.#standing.splice(this.#standing.indexOf(standing), 1);
  }

  /** Plans no more faults; calls that hang go on hanging. */
  clear(): void {
    this.#next.length = 0;
    this.#standing.length = 0;
  }

  /** Lets every call that hangs or stalls go on. */
  release(): void {
    for (const resume of this.#held) resume();
    this.#held.clear();
  }

  /** How many calls hang or stall right now. */
  get held(): number {
    return this.#held.size;
  }

  /** The fault for the call that has just come. */
  take(kind: RpcKind, stream?: string): Fault | undefined {
    const fits = (planned: PlannedFault): boolean =>
      planned.kind === kind && (planned.stream === undefined || planned.stream === stream);
    const planned = this.#next.find(fits);
    if (planned === undefined) return this.#standing.find(fits)?.fault;
    if (--planned.times === 0) this.#next.splice(this.#next.indexOf(planned), 1);
    return planned.fault;
  }

  /** Waits for `release`. A call that ends while it hangs is none that hangs. */
  async hold(call: HeldCall): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#held.add(resolve);
      call.once('cancelled', () => this.#held.delete(resolve));
    });
  }
}

export interface HeldCall {
  once(event: 'cancelled', listener: () => void): unknown;
}
