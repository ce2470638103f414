import type { AppError } from '../../errors/appError.ts';
import type { AnswerSink } from './answerSink.ts';

/** A sink in front of another one. It sees the data; everything else passes. */
export abstract class PassingSink implements AnswerSink {
  readonly isStream = true;
  protected readonly out: AnswerSink;

  constructor(out: AnswerSink) {
    this.out = out;
  }

  get hasError(): boolean {
    return this.out.hasError === true;
  }

  abstract data(chunk: Buffer): ReturnType<AnswerSink['data']>;

  prepare(): Promise<void> | undefined {
    return this.out.prepare?.();
  }

  end(): AppError | undefined {
    return this.out.end();
  }

  finish(): boolean | AppError {
    return this.out.finish?.() ?? false;
  }

  fail(error: AppError): void {
    this.out.fail(error);
  }

  keepAlive(): void {
    this.out.keepAlive();
  }
}
