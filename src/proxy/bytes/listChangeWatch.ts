import type { AnswerSink } from './answerSink.ts';
import { PassingSink } from './passingSink.ts';

/** What stands in each notification that a list has changed, however its slashes are written, and in little else. */
const SIGN = Buffer.from('list_changed"');

/**
 * Passes an event stream on as it comes, and calls back where it may say that a list of the server has changed. A stream that only
 * seems to costs one reading of the server's lists.
 */
export class ListChangeWatch extends PassingSink {
  readonly #onListChanged: () => void;
  /** The end of what came, which the sign may begin in. */
  #last: Buffer = Buffer.alloc(0);

  constructor(out: AnswerSink, onListChanged: () => void) {
    super(out);
    this.#onListChanged = onListChanged;
  }

  data(chunk: Buffer): ReturnType<AnswerSink['data']> {
    const across = Buffer.concat([this.#last, chunk.subarray(0, SIGN.length - 1)]);
    if (chunk.includes(SIGN) || across.includes(SIGN)) this.#onListChanged();
    const ended = chunk.length >= SIGN.length ? chunk : across;
    // A copy: the chunk's memory is used again.
    this.#last = Buffer.from(ended.subarray(-(SIGN.length - 1)));
    return this.out.data(chunk);
  }
}
