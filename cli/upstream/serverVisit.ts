import { performance } from 'node:perf_hooks';
import { createLogger } from '../../src/logging/logger.ts';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { DEFAULT_PLACE_LIMITS } from '../../src/upstream/stdio/places.ts';
import { ProcessPool } from '../../src/upstream/stdio/processPool.ts';
import { Programs } from '../../src/upstream/stdio/programs.ts';
import { DEFAULT_STDIO_SETTINGS } from '../../src/upstream/stdio/stdioSettings.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { VERSION } from '../../src/version.ts';

/** A conversation with a server, and how long it took to get there. */
export interface Visit {
  readonly upstream: Upstream;
  /** Until the connection stood and the era was known. */
  readonly connectMs: number;
}

/**
 * Connects to a server as the gateway would, with its time-outs, and closes when `work` has ended.
 * @param signal ends the connection attempt with its reason; the requests of `work` need it, too
 * @throws what openUpstream and `work` throw
 */
export async function visitServer<T>(
  server: LiveServer,
  signal: AbortSignal,
  work: (visit: Visit) => Promise<T>,
  clientName = 'metamcp',
): Promise<T> {
  await using agents = createUpstreamAgents();
  const logger = createLogger('silent');
  const began = performance.now();
  const client = { clientInfo: { name: clientName, version: VERSION }, capabilities: {} };
  await using programs = new Programs({ inherited: process.env, settings: DEFAULT_STDIO_SETTINGS, logger });
  const register = { open: () => () => undefined };
  const parts = { programs, register, settings: DEFAULT_STDIO_SETTINGS, limits: DEFAULT_PLACE_LIMITS, logger };
  await using processes = new ProcessPool({ ...parts, clientInfo: client.clientInfo });
  await using upstream = await openUpstream(server, { agents, processes, client, signal });
  return await work({ upstream, connectMs: Math.round(performance.now() - began) });
}
