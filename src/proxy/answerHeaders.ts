import type { Call } from './call.ts';
import { pushCorsHeaders } from './cors.ts';
import { NO_STORE } from './noStore.ts';

export type AnswerType = 'application/json' | 'text/event-stream' | undefined;

/** Adds the headers that every answer to a call has, in either lane: its type, how it may be kept, and CORS. */
export function pushAnswerHeaders(headers: string[], { corsOrigin }: Call, contentType: AnswerType): void {
  if (contentType !== undefined) headers.push('Content-Type', contentType);
  // Intermediaries must neither hold nor change events (MCP 2026-07-28, basic/transports).
  if (contentType === 'text/event-stream') {
    headers.push('Cache-Control', 'no-cache, no-store, no-transform', 'X-Accel-Buffering', 'no');
  } else headers.push(...NO_STORE);
  if (corsOrigin !== undefined) pushCorsHeaders(headers, corsOrigin);
}
