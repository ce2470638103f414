import { performance } from 'node:perf_hooks';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { METHOD_NOT_FOUND } from '../../src/mcp/errorCodes.ts';
import type { Rejections } from '../../src/upstream/rejections.ts';
import { listTools } from '../../src/upstream/catalogue.ts';
import { ping } from '../../src/upstream/ping.ts';
import type { ServerFacts, Upstream } from '../../src/upstream/upstream.ts';
import { UpstreamError } from '../../src/upstream/upstreamError.ts';
import { visitPatiently, type Patience } from './patientVisit.ts';

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

/**
 * Connects to a server, asks it for a sign of life and lists its tools.
 * @throws what visitPatiently throws
 */
export function probeServer(server: LiveServer, patience: Patience = {}): Promise<ServerFindings> {
  return visitPatiently(server, patience, async ({ upstream, connectMs }, signal) => {
    const began = performance.now();
    await askForLife(upstream, signal);
    const latencyMs = Math.round((performance.now() - began) * 10) / 10;
    const { items, leftOut } = await listTools(upstream, { signal });
    const { era, protocolVersion, serverInfo } = upstream.facts;
    return { era, protocolVersion, serverInfo, tools: items.length, leftOut, connectMs, latencyMs };
  });
}

/** Connects to a server and asks it for a sign of life. @throws what visitPatiently throws */
export function greetServer(server: LiveServer, patience: Patience): Promise<Pick<ServerFindings, 'connectMs'>> {
  return visitPatiently(server, patience, async ({ upstream, connectMs }, signal) => {
    await askForLife(upstream, signal);
    return { connectMs };
  });
}

async function askForLife(upstream: Upstream, signal: AbortSignal): Promise<void> {
  await ping(upstream, { signal }).catch((error: unknown) => {
    // Few clients send it, so a server without it works for them; its error is a sign of life, too.
    if (!(error instanceof UpstreamError) || error.rpc.code !== METHOD_NOT_FOUND) throw error;
  });
}

/** Writes the name and the version of a server’s software; empty when it does not introduce itself. */
export function softwareOf({ serverInfo }: Pick<ServerFindings, 'serverInfo'>): string {
  return [serverInfo?.['name'], serverInfo?.['version']].filter((word) => typeof word === 'string').join(' ');
}
