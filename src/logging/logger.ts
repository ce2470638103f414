import { pino, type Logger } from 'pino';
import { CLI_HERE, withCliName } from '../cliName.ts';
import { AppError } from '../errors/appError.ts';
import { openLogDestination, type LogDestination } from './logDestination.ts';
import { redacted } from './redaction.ts';

export type { Logger };

/**
 * Makes the process's logger: JSON lines, which a terminal shows as text.
 * @param level a pino level, or `silent` (Default: info)
 * @param to (Default: stderr)
 */
export function createLogger(level = 'info', to: LogDestination = openLogDestination()): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const serializers = { err: describe, reason: nameCli };
  // Whatever a line is made of, no key and no token leaves with it.
  return pino({ level, base: null, timestamp, serializers, hooks: { streamWrite: redacted } }, to);
}

/**
 * Describes an error by its standard members. Others are left out: drivers attach whole connections to their errors, with
 * the data that was being sent. Only a bug has its stack: what is expected to fail, and the failure of the system behind it, are told
 * by their codes and messages.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const isExpected = error instanceof AppError || 'syscall' in error;
  return {
    name: isExpected ? undefined : name,
    message: nameCli(message),
    code,
    stack: isExpected ? undefined : nameCli(stack),
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  };
}

/** Has a remedy name the CLI as whoever reads the log starts it. */
function nameCli(text: unknown): unknown {
  return typeof text === 'string' ? withCliName(text, CLI_HERE) : text;
}
