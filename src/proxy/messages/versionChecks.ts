import type { IncomingHttpHeaders } from 'node:http';
import { Invalid, Refused } from '../../errors/appError.ts';
import { LEGACY_VERSIONS } from '../../mcp/eras.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import type { ServerFacts } from '../../upstream/upstream.ts';
import type { Call } from '../call.ts';
import { VERSION_KEY } from '../message.ts';
import { metaOf, type Posted } from './posted.ts';

/** @throws Refused when a modern client names another revision than the server's (MCP 2026-07-28, basic/versioning) */
export function checkVersion({ era, server }: Call, { facts }: { readonly facts: ServerFacts }, posted?: Posted): void {
  const requested = metaOf(posted)[VERSION_KEY];
  if (era === 'legacy' || requested === facts.protocolVersion) return;
  const message = `The server "${server.name}" speaks MCP ${facts.protocolVersion}, and not the client’s revision.`;
  const data = { supported: [facts.protocolVersion], ...(typeof requested === 'string' && { requested }) };
  throw new Refused('unsupported-version', message, { data });
}

/**
 * Checks the revision that a legacy request names beside its session (MCP 2025-11-25, basic/transports, Protocol Version Header).
 * @throws Invalid for one that we do not speak; another one than the session's is let through, as servers do
 */
export function checkVersionHeader(
  { era }: Call,
  headers: IncomingHttpHeaders,
  { protocolVersion }: { readonly protocolVersion: string | undefined },
): void {
  const named = headers['mcp-protocol-version'];
  if (era === 'modern' || named === undefined || LEGACY_VERSIONS.some((version) => version === named)) return;
  const data = { supported: LEGACY_VERSIONS, ...(protocolVersion !== undefined && { session: protocolVersion }) };
  const supported = LEGACY_VERSIONS.join(', ');
  const message = `MCP-Protocol-Version names ${excerpt(String(named), [])}, which is not supported; these are: ${supported}.`;
  throw new Invalid('version-not-supported', message, { data });
}
