import { pino, destination, type DestinationStream, type Logger } from 'pino';
import { CLI_HERE, withCliName } from '../cliName.ts';

export type { Logger };

/** Where log lines go. */
export type LogDestination = DestinationStream;

/**
 * Makes the process's logger: JSON lines on stderr, so that stdout stays free for answers.
 * @param level a pino level, or `silent` (Default: info)
 * @param to (Default: stderr)
 */
export function createLogger(level = 'info', to: LogDestination = destination({ dest: 2, sync: true })): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ level, base: null, timestamp, serializers: { err: describe, reason: nameCli } }, to);
}

/**
 * Describes an error by its standard members. Others are left out: drivers attach whole connections to their errors, with
 * the data that was being sent.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return {
    name,
    message: nameCli(message),
    code,
    stack: nameCli(stack),
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  };
}

/** Has a remedy name the CLI as whoever reads the log starts it. */
function nameCli(text: unknown): unknown {
  return typeof text === 'string' ? withCliName(text, CLI_HERE) : text;
}
