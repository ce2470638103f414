import { z } from 'zod';
import { plainNumber, type ServerNotification } from '../mcp/jsonRpc.ts';

/** How far a request has come (MCP 2025-11-25, basic/utilities/progress). */
export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

const number = z.preprocess(plainNumber, z.number());
const progressSchema = z.object({
  progress: number,
  // Some servers write null for what they don't know.
  total: number.nullish(),
  message: z.string().nullish(),
});

/** Reads a notification of progress; undefined when it is none, or malformed. */
export function readProgress({ method, params }: ServerNotification): Progress | undefined {
  if (method !== 'notifications/progress') return undefined;
  const { data } = progressSchema.safeParse(params);
  if (data === undefined) return undefined;
  const { progress, total, message } = data;
  return { progress, total: total ?? undefined, message: message ?? undefined };
}
