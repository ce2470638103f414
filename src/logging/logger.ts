import { pino, destination, type Logger } from 'pino';

export type { Logger };

/**
 * Makes the process's logger: JSON lines on stderr, so that stdout stays free for answers.
 * @param level a pino level, or `silent` (Default: info)
 */
export function createLogger(level = 'info'): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ level, base: null, timestamp, serializers: { err: describe } }, destination({ dest: 2, sync: true }));
}

/**
 * Describes an error by what is meant to be read. Its other members are left out: drivers hang whole connections onto their
 * errors, with what was being sent.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}
