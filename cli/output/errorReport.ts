import { withoutKeys } from '../../src/auth/keyText.ts';
import { AppError } from '../../src/errors/appError.ts';
import { foreignFault } from '../../src/foreignFault.ts';
import { reasonOf } from '../../src/errors/reason.ts';
import { escape, escapeLines } from '../../src/escape.ts';

/** A failure, as `--json` shows it under `error`. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** The message of the system or the store. */
  readonly reason?: string;
}

/** Describes a failure. A bug keeps its stack, so that it can be reported; an API key typed by mistake is not repeated. */
export function describeError(failure: unknown): ErrorReport {
  const error = foreignFault(failure) ?? failure;
  if (!(error instanceof AppError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: 'internal', message: `This is a fault in MetaMCP; please report it. ${withoutKeys(text)}` };
  }
  const { code, message, data } = error;
  const cause = error.kind === 'unavailable' ? reasonOf(error.cause) : undefined;
  // Where the sentence has it already, it is not repeated.
  const reason = cause !== undefined && message.includes(cause) ? undefined : cause;
  return {
    code,
    message: withoutKeys(message),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(reason === undefined ? {} : { reason: withoutKeys(reason) }),
  };
}

/** Writes a failure for people: the sentence, and what a program has printed before it failed. */
export function formatError({ message, reason, data }: ErrorReport): string {
  const sentence = escapeLines(reason === undefined ? message : `${message} (${reason})`);
  const printed = printedLines(data);
  return printed.length === 0 ? sentence : [sentence, 'It printed at last:', ...printed].join('\n');
}

/** The last lines that a server's program has printed, indented. */
export function printedLines(data: ErrorReport['data'] = {}): string[] {
  const lines: unknown = data['stderr'];
  return Array.isArray(lines) ? lines.map((line) => `  ${escape(withoutKeys(String(line)))}`) : [];
}
