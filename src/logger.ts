import { pino, destination, type Logger } from 'pino';

export type { Logger };

/**
 * Makes the process's logger: JSON lines on stderr, so that stdout stays free for answers.
 * @param level a pino level, or `silent` (Default: info)
 */
export function createLogger(level = 'info'): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: 2, sync: true }));
}
