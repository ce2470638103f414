import type { AnswerHead } from './answerHead.ts';

/** How long a connection is kept where the server does not say, at most, and by how much less than the server says, in milliseconds. */
const KEPT_MS = { standard: 4_000, most: 600_000, less: 2_000 };

/** How long a connection may be idle, by the last answer that it brought. One timer serves all its idle times. */
export class IdleTime {
  readonly #onOver: () => void;
  #isAllowed = true;
  #ms = KEPT_MS.standard;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;

  /** @param onOver is also called where a request came meanwhile */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** The last answer allows another request. */
  get isAllowed(): boolean {
    return this.#isAllowed;
  }

  /** Takes what the head of an answer allows. */
  allow({ isKeptAlive, keepAliveMs }: AnswerHead): void {
    this.#ms = keepAliveMs === undefined ? KEPT_MS.standard : Math.min(keepAliveMs - KEPT_MS.less, KEPT_MS.most);
    this.#isAllowed = isKeptAlive && this.#ms > 0;
  }

  begin(): void {
    if (this.#timer !== undefined && this.#timerMs === this.#ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = this.#ms;
    this.#timer = setTimeout(this.#onOver, this.#ms);
    this.#timer.unref();
  }

  /** The connection is over. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
