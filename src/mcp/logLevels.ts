/** The levels of log messages, the most talkative one first (RFC 5424, 6.2.1; MCP 2025-11-25, server/utilities/logging). */
export const LOG_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const satisfies readonly string[];

export type LogLevel = (typeof LOG_LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.some((level) => level === value);
}

/** By which a modern request asks for log messages of a level and above (MCP 2026-07-28, server/utilities/logging). */
export const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';
