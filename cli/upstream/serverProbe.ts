import { performance } from 'node:perf_hooks';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { AppError, Refused } from '../../src/errors/appError.ts';
import { formatDuration } from '../../src/events/duration.ts';
import { METHOD_NOT_FOUND } from '../../src/mcp/errorCodes.ts';
import type { Rejections } from '../../src/upstream/rejections.ts';
import { listTools } from '../../src/upstream/catalogue.ts';
import { ping } from '../../src/upstream/ping.ts';
import type { ServerFacts } from '../../src/upstream/upstream.ts';
import { UpstreamError } from '../../src/upstream/upstreamError.ts';
import { visitServer } from './serverVisit.ts';

/** What a probe of a server has found out. */
export interface ServerFindings extends Pick<ServerFacts, 'era' | 'protocolVersion' | 'serverInfo'> {
  readonly tools: number;
  /** Tools that can’t be used; absent when there are none. */
  readonly leftOut: Rejections | undefined;
  /** Until the connection stood and the era was known. */
  readonly connectMs: number;
  /** One round trip after that. */
  readonly latencyMs: number;
}

/** Enough for a server that starts on demand; a person waits. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Beyond it Node’s timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Connects to a server, asks it for a sign of life and lists its tools.
 * @param timeoutMs for all of it (Default: 30_000); the server’s own time-outs may end it before
 * @throws Refused with the upstream's code: its failure is the result of the probe, no store of ours is unreachable
 */
export async function probeServer(
  server: LiveServer,
  {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal,
  }: { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal } = {},
): Promise<ServerFindings> {
  const patience = new AbortController();
  // The reason goes with the signal, so that it can’t take the place of what went wrong before.
  const timer = setTimeout(
    () =>
      patience.abort(new Refused('upstream-timeout', `The server did not answer within ${formatDuration(timeoutMs)}.`)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    const either = signal === undefined ? patience.signal : AbortSignal.any([signal, patience.signal]);
    return await visitServer(server, either, async ({ upstream, connectMs }) => {
      const began = performance.now();
      await ping(upstream, { signal: either }).catch((error: unknown) => {
        // Few clients send it, so a server without it works for them; its error is a sign of life, too.
        if (!(error instanceof UpstreamError) || error.rpc.code !== METHOD_NOT_FOUND) throw error;
      });
      const latencyMs = Math.round((performance.now() - began) * 10) / 10;
      const { items, leftOut } = await listTools(upstream, { signal: either });
      const { era, protocolVersion, serverInfo } = upstream.facts;
      return { era, protocolVersion, serverInfo, tools: items.length, leftOut, connectMs, latencyMs };
    });
  } catch (error) {
    if (error instanceof AppError) throw new Refused(error.code, error.message, { data: error.data, cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Writes the name and the version of a server’s software; empty when it does not introduce itself. */
export function softwareOf({ serverInfo }: Pick<ServerFindings, 'serverInfo'>): string {
  return [serverInfo?.['name'], serverInfo?.['version']].filter((word) => typeof word === 'string').join(' ');
}
