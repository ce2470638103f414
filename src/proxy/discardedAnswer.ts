import type { AnswerSink } from './answerSink.ts';

/** A longer rest is not worth the connection that reading it would save. */
const MAX_BYTES = 65_536;

/** Reads an answer's body to its end without using it, so that the connection is kept, and answers in its own words. */
export class DiscardedAnswer implements AnswerSink {
  readonly #answer: () => void;
  #received = 0;
  #answered = false;

  constructor(answer: () => void) {
    this.#answer = answer;
  }

  data(chunk: Buffer): true {
    this.#received += chunk.length;
    if (this.#received > MAX_BYTES) this.#finish();
    return true;
  }

  end(): undefined {
    this.#finish();
    return undefined;
  }

  fail(): void {
    // What was to be said has been said.
  }

  keepAlive(): void {
    // Nothing has been sent yet.
  }

  #finish(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#answer();
  }
}
