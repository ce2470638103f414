import { Unavailable } from '../../errors/appError.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Era } from '../../mcp/eras.ts';
import { refusesStreamableHttp } from '../../mcp/httpStatus.ts';
import type { Room } from '../room.ts';
import type { ClientFacts, Upstream } from '../upstream.ts';
import type { UpstreamAgents } from './agents.ts';
import { attemptModern } from './discover.ts';
import { attemptLegacy } from './legacyUpstream.ts';
import { looksLikeSseServer } from './sseServer.ts';
import { targetAt, upstreamOfSession } from './parkedSession.ts';
import { withListChanges } from './withListChanges.ts';

/** What an Upstream over Streamable HTTP is opened with. */
export interface HttpOptions {
  readonly agents: UpstreamAgents;
  readonly client: ClientFacts;
  /** The path of the request for which it is opened (RFC 9110, 7.6.3). */
  readonly via?: string | undefined;
  /** Makes room for each answer that is read. */
  readonly leaseRoom?: (() => Room) | undefined;
  /** Called when the server sends that a list of its has changed. */
  readonly onListChanged?: ((server: string) => void) | undefined;
  /** Aborting it ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a conversation over Streamable HTTP in the server's era.
 * @param remembered tried first; when it is not known, the modern era is
 * @throws UpstreamError, Unavailable, the reason of the signal
 */
export async function openHttp(
  server: LiveServer,
  { agents, client, via, leaseRoom, onListChanged, signal }: HttpOptions,
  remembered: Era | undefined,
): Promise<Upstream> {
  const options = { agents, client, via, leaseRoom, onListChanged };
  const agent = agents.forServer(server);
  const target = targetAt(server, options, agent);
  const eras = remembered === 'legacy' ? (['legacy', 'modern'] as const) : (['modern', 'legacy'] as const);
  const failed: Partial<Record<Era, { otherEra: Error; status: number }>> = {};
  for (const era of eras) {
    const outcome = await (era === 'modern' ? attemptModern : attemptLegacy)(target, client, signal);
    if ('session' in outcome) return upstreamOfSession({ server, options, session: outcome.session }, agent, target);
    if ('upstream' in outcome) {
      return onListChanged === undefined ? outcome.upstream : withListChanges(outcome.upstream, onListChanged);
    }
    failed[era] = outcome;
  }
  const { legacy } = failed;
  if (legacy !== undefined && refusesStreamableHttp(legacy.status) && (await looksLikeSseServer(target, signal))) {
    throw new Unavailable(
      'upstream-sse-only',
      `The server "${target.server}" speaks the old HTTP+SSE transport at its URL: give it the transport sse (--transport sse).`,
      { data: { server: target.server } },
    );
  }
  throw legacy?.otherEra ?? new TypeError('an era was attempted');
}
