import { z } from 'zod';
import type { Progress } from '../session.ts';
import { plainNumber, type ServerNotification } from '../../mcp/jsonRpc.ts';

const number = z.preprocess(plainNumber, z.number());
const progressSchema = z.object({
  progressToken: z.union([z.string(), number]),
  progress: number,
  // Some servers write null for what they don't know.
  total: number.nullish(),
  message: z.string().nullish(),
});

/** Makes a listener that hands on a request's own progress; other and malformed notifications are nobody's business. */
export function progressListener(
  token: number,
  onProgress: ((progress: Progress) => void) | undefined,
): (notification: ServerNotification) => void {
  return ({ method, params }) => {
    if (onProgress === undefined || method !== 'notifications/progress') return;
    const { data } = progressSchema.safeParse(params);
    if (data?.progressToken !== token) return;
    const { progress, total, message } = data;
    onProgress({ progress, total: total ?? undefined, message: message ?? undefined });
  };
}

/** Asks for progress in a request's `_meta`, where the caller wants it. The token is the request's id, unique by nature. */
export function progressMeta(token: number, onProgress: unknown): { progressToken?: number } {
  return onProgress === undefined ? {} : { progressToken: token };
}
