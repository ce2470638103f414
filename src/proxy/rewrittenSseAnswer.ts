import type { AppError } from '../errors.ts';
import type { AnswerRewrite } from './answerRewrite.ts';
import type { AnswerSink } from './answerSink.ts';

/** Passes an event stream on, each message as it is to be for the client. It is given whole events, one at a time. */
export class RewrittenSseAnswer implements AnswerSink {
  readonly #out: AnswerSink;
  readonly #rewrite: AnswerRewrite;
  #first = true;

  constructor(out: AnswerSink, rewrite: AnswerRewrite) {
    this.#out = out;
    this.#rewrite = rewrite;
  }

  data(event: Buffer): boolean | AppError {
    let text = event.toString('utf8');
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1);
    this.#first = false;
    const rewritten = this.#rewritten(text.split(/\r\n|\n|\r/).filter((line) => line !== ''));
    return rewritten === '' || this.#out.data(Buffer.from(rewritten));
  }

  end(): AppError | undefined {
    return this.#out.end();
  }

  fail(error: AppError): void {
    this.#out.fail(error);
  }

  keepAlive(): void {
    this.#out.keepAlive();
  }

  /** Of an event that is not passed on its id stays: the client resumes after it. What can't be read can't be rewritten. */
  #rewritten(lines: readonly string[]): string {
    if (lines.length === 0) return '';
    const data = lines.filter(isData).map(dataOf).join('\n');
    if (data === '') return `${lines.join('\n')}\n\n`;
    const rewritten = this.#rewrite(data);
    if (rewritten === data) return `${lines.join('\n')}\n\n`;
    const others = lines.filter((line) => !isData(line));
    if (rewritten !== undefined) {
      // JSON may have line ends between its tokens.
      return `${[...others, ...rewritten.split('\n').map((line) => `data: ${line}`)].join('\n')}\n\n`;
    }
    const kept = others.filter(isOfStream);
    return kept.length === 0 ? '' : `${kept.join('\n')}\n\n`;
  }
}

/** Fields that mean something without data (WHATWG HTML, 9.2.6). */
function isOfStream(line: string): boolean {
  return line === 'id' || line.startsWith('id:') || line.startsWith('retry:');
}

function isData(line: string): boolean {
  return line === 'data' || line.startsWith('data:');
}

function dataOf(line: string): string {
  return line.slice(line.startsWith('data: ') ? 6 : 5);
}
