import { z } from 'zod';
import type { ServerNotification } from '../mcp/jsonRpc.ts';

/** What a server logs (MCP 2025-11-25, server/utilities/logging). */
export interface LogMessage {
  readonly level: string;
  readonly logger?: string | undefined;
  readonly data: unknown;
}

const logSchema = z.object({ level: z.string(), logger: z.string().nullish(), data: z.unknown() });

/** Reads a log message; undefined when it is none, or malformed. */
export function readLogMessage({ method, params }: ServerNotification): LogMessage | undefined {
  if (method !== 'notifications/message') return undefined;
  const { data: read } = logSchema.safeParse(params);
  return read && { level: read.level, logger: read.logger ?? undefined, data: read.data };
}
