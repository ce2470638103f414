import type { JsonRpcId } from './jsonRpc.ts';
import type { FoundResponse } from './messageScan.ts';

/**
 * What a message with responses is to those who wait. `own`: each response answers a request that waits, or none of this
 * exchange (servers are known that replay those of others). `repeated`: one answers a request again. `unnamed`: an error that
 * does not say which request it answers, while one waits.
 */
export type AnswerKind = 'own' | 'repeated' | 'unnamed';

/** Tells whether a response answers the only request that waits, in which case an error need not say so. */
export function isAnswerTo(id: JsonRpcId | undefined, awaited: JsonRpcId | undefined): boolean {
  if (id === undefined || id === null) return true;
  return awaited !== undefined && String(id) === String(awaited);
}

/**
 * The requests of one exchange that wait for an answer: each gets one. An id that is a text where the request's is a number, or
 * the other way round, is a fault that some clients forgive and some don't: what bears it may be the answer, and the right one
 * may still come.
 */
export class AwaitedAnswers {
  /** How many requests wait, by id. */
  readonly #waiting = new Map<JsonRpcId, number>();
  #left: number;
  #idsByText: Map<string, JsonRpcId> | undefined;
  /** Those whose answer bears an id of the other type. */
  #forgiven: Set<JsonRpcId> | undefined;

  constructor(ids: readonly JsonRpcId[]) {
    this.#left = ids.length;
    for (const id of ids) this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
  }

  /** The ids that no answer has come for, of either type. */
  get unanswered(): readonly JsonRpcId[] {
    return [...this.#waiting].flatMap(([id, count]) =>
      this.#forgiven?.has(id) === true ? [] : Array.from({ length: count }, () => id),
    );
  }

  /** There were requests, and all are surely answered. */
  get over(): boolean {
    return this.#left === 0 && this.#waiting.size > 0;
  }

  /** Tells what a message is, and notes what it answers when it is `own`. */
  take(responses: readonly FoundResponse[]): AnswerKind {
    const [only] = responses;
    if (only === undefined) return 'own';
    if (responses.length === 1 && this.#isAwaited(only.id)) {
      this.#add(only.id, -1);
      return 'own';
    }
    const taken: JsonRpcId[] = [];
    const forgiven: JsonRpcId[] = [];
    const kind = this.#note(responses, taken, forgiven);
    if (kind === 'own') return kind;
    for (const id of taken) this.#add(id, 1);
    for (const id of forgiven) this.#forgiven?.delete(id);
    return kind;
  }

  #note(responses: readonly FoundResponse[], taken: JsonRpcId[], forgiven: JsonRpcId[]): AnswerKind {
    for (const { id, isError } of responses) {
      if (id === undefined) continue;
      if (id === null) {
        if (isError && this.#left === 1) return 'unnamed';
        continue;
      }
      const awaited = this.#waiting.has(id) ? id : this.#awaitedAs(String(id));
      if (awaited === undefined) continue;
      if (this.#waiting.get(awaited) === 0) return 'repeated';
      if (awaited === id) {
        this.#add(id, -1);
        taken.push(id);
      } else if (this.#forgiven?.has(awaited) === true) return 'repeated';
      else {
        (this.#forgiven ??= new Set()).add(awaited);
        forgiven.push(awaited);
      }
    }
    return 'own';
  }

  #isAwaited(id: FoundResponse['id']): id is string | number {
    return id !== undefined && id !== null && (this.#waiting.get(id) ?? 0) > 0;
  }

  #add(id: JsonRpcId, count: number): void {
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + count);
    this.#left += count;
  }

  #awaitedAs(text: string): JsonRpcId | undefined {
    this.#idsByText ??= new Map([...this.#waiting.keys()].map((id) => [String(id), id]));
    return this.#idsByText.get(text);
  }
}
