import { performance } from 'node:perf_hooks';
import { createLogger } from '../../src/logging/logger.ts';
import type { LiveServer } from '../../src/live/liveServer.ts';
import type { Era } from '../../src/mcp/eras.ts';
import { createUpstreamAgents } from '../../src/upstream/http/agents.ts';
import { openUpstream } from '../../src/upstream/open.ts';
import { DEFAULT_SLOT_LIMITS } from '../../src/upstream/stdio/programSlots.ts';
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

export interface VisitOptions {
  /** Ends the connection attempt with its reason; the requests of the work need it, too. */
  readonly signal: AbortSignal;
  /** Gets each line that a program prints for people. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** (Default: metamcp) */
  readonly clientName?: string | undefined;
  /** Spoken first. (Default: the server's own) */
  readonly era?: Era | undefined;
}

/** A person waits for the end of a program that does not end with its input, in milliseconds. */
const STDIN_GRACE_MS = 1_000;

/**
 * Connects to a server as the gateway would, with its time-outs, and closes when `work` has ended.
 * @throws what openUpstream and `work` throw
 */
export async function visitServer<T>(
  server: LiveServer,
  { signal, onLine, clientName = 'metamcp', era }: VisitOptions,
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  await using agents = createUpstreamAgents();
  const logger = createLogger('silent');
  const began = performance.now();
  const client = { clientInfo: { name: clientName, version: VERSION }, capabilities: {} };
  const settings = { ...DEFAULT_STDIO_SETTINGS, stdinGraceMs: STDIN_GRACE_MS };
  await using programs = new Programs({ inherited: process.env, settings, logger });
  const register = { open: () => () => undefined };
  const parts = { programs, register, settings, limits: DEFAULT_SLOT_LIMITS, logger };
  await using processes = new ProcessPool(
    { ...parts, clientInfo: client.clientInfo },
    { onLine: (_server, { text }) => onLine?.(text) },
  );
  await using upstream = await openUpstream(server, { agents, processes, client, era, signal });
  return await work({ upstream, connectMs: Math.round(performance.now() - began) });
}
