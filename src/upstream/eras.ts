import { Unavailable } from '../errors/appError.ts';
import { refusesStreamableHttp } from '../mcp/httpStatus.ts';
import { attemptLegacy } from './http/legacySession.ts';
import { attemptModern } from './http/discover.ts';
import { looksLikeSseServer } from './http/sseServer.ts';
import type { ClientInfo, Session } from './session.ts';
import type { Endpoint } from './http/endpoint.ts';
import type { Era } from '../mcp/eras.ts';

/**
 * Opens a conversation in the server's era: the remembered one first, the modern one when nothing is remembered.
 * @throws UpstreamError, Unavailable
 */
export async function openSession(endpoint: Endpoint, clientInfo: ClientInfo, remembered?: Era): Promise<Session> {
  const eras = remembered === 'legacy' ? (['legacy', 'modern'] as const) : (['modern', 'legacy'] as const);
  const failed: Partial<Record<Era, { otherEra: Error; status: number }>> = {};
  for (const era of eras) {
    const attempt = await (era === 'modern' ? attemptModern : attemptLegacy)(endpoint, clientInfo);
    if ('session' in attempt) return attempt.session;
    failed[era] = attempt;
  }
  const { legacy } = failed;
  if (legacy !== undefined && refusesStreamableHttp(legacy.status) && (await looksLikeSseServer(endpoint))) {
    throw new Unavailable(
      'upstream-sse-only',
      `The server "${endpoint.server}" looks like one of the old HTTP+SSE transport, which this version does not serve.`,
      { data: { server: endpoint.server } },
    );
  }
  throw legacy?.otherEra ?? new TypeError('an era was attempted');
}
