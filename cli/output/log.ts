import { createLogger, type Logger } from '../../src/logging/logger.ts';

/** Makes a command's logger: warnings and worse, unless LOG_LEVEL asks for another level than a gateway's default. */
export function createCliLogger(level: string): Logger {
  return createLogger(level === 'info' ? 'warn' : level);
}
