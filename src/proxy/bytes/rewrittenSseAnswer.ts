import { dataOf, linesOf, withData, withEventId } from '../../mcp/eventData.ts';
import type { AppError } from '../../errors/appError.ts';
import { atOnce, type Steps } from '../../slices.ts';
import type { AnswerRewrite } from '../answerRewrite.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';
import type { EventSink } from './boundedEvents.ts';

/** Passes an event stream on, with each message changed for the client. It gets whole events, one at a time. */
export class RewrittenSseAnswer implements EventSink {
  readonly isStream = true;
  readonly #out: AnswerSink<PieceOutcome>;
  readonly #rewrite: AnswerRewrite;
  readonly #eventId: ((id: string) => string) | undefined;
  #first = true;

  /** @param eventId changes the ids of events; undefined: they stay */
  constructor(out: AnswerSink<PieceOutcome>, rewrite: AnswerRewrite, eventId?: (id: string) => string) {
    this.#out = out;
    this.#rewrite = rewrite;
    this.#eventId = eventId;
  }

  get hasError(): boolean {
    return this.#out.hasError === true;
  }

  *event(event: Buffer): Steps<PieceOutcome> {
    const rewritten = yield* this.#rewritten(this.#linesOf(event));
    return rewritten === '' ? 'held' : this.#out.data(Buffer.from(rewritten));
  }

  /** The event stays without its blank line: the answer decides whether it gets one. */
  lastEvent(event: Buffer): void {
    const lines = this.#linesOf(event);
    const rewritten = atOnce(this.#rewrite(dataOf(lines)));
    if (rewritten !== undefined) this.#out.data(Buffer.from(withData(lines, rewritten).slice(0, -1)));
  }

  end(): AppError | undefined {
    return this.#out.end();
  }

  finish(): boolean | AppError {
    return this.#out.finish?.() ?? false;
  }

  fail(error: AppError): void {
    this.#out.fail(error);
  }

  keepAlive(): void {
    this.#out.keepAlive();
  }

  #linesOf(event: Buffer): string[] {
    let text = event.toString('utf8');
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1);
    this.#first = false;
    const lines = linesOf(text);
    return this.#eventId === undefined ? lines : withEventId(lines, this.#eventId);
  }

  /** Of an event that is not passed on its id stays: the client resumes after it. What can't be read can't be rewritten. */
  *#rewritten(lines: readonly string[]): Steps<string> {
    if (lines.length === 0) return '';
    const data = dataOf(lines);
    if (data === '') return `${lines.join('\n')}\n\n`;
    const rewritten = yield* this.#rewrite(data);
    if (rewritten === data) return `${lines.join('\n')}\n\n`;
    if (rewritten !== undefined) return withData(lines, rewritten);
    const kept = lines.filter(isOfStream);
    return kept.length === 0 ? '' : `${kept.join('\n')}\n\n`;
  }
}

/** Fields that mean something without data (WHATWG HTML, 9.2.6). */
function isOfStream(line: string): boolean {
  return line === 'id' || line.startsWith('id:') || line.startsWith('retry:');
}
