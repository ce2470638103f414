import type { LogDestination } from '../../src/logging/logDestination.ts';
import { createLogger, type Logger } from '../../src/logging/logger.ts';

/**
 * Makes a command's logger: warnings and worse, unless LOG_LEVEL asks for another level than a gateway's default.
 * @param to (Default: stderr)
 */
export function createCliLogger(level: string, to?: LogDestination): Logger {
  return createLogger(level === 'info' ? 'warn' : level, to);
}
