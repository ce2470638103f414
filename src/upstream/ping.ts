import { request } from './request.ts';
import type { AskOptions, Upstream } from './upstream.ts';

/** Asks a server for a sign of life, in its era's way. @throws UpstreamError, Unavailable, the reason of the signal */
export async function ping(upstream: Upstream, options: Pick<AskOptions, 'signal'> = {}): Promise<void> {
  // MCP 2026-07-28 has no ping any more.
  await request(upstream, { method: upstream.facts.era === 'modern' ? 'server/discover' : 'ping' }, options);
}
