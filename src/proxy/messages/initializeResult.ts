import { LEGACY_VERSIONS } from '../../mcp/eras.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** Makes the result of `initialize` from what the server has said of itself (MCP 2025-11-25, basic/lifecycle). */
export function initializeResult(
  { facts, server }: Pick<Upstream, 'facts' | 'server'>,
  protocolVersion: string,
): JsonObject {
  const { capabilities, serverInfo, instructions } = facts;
  return {
    protocolVersion,
    capabilities,
    serverInfo: serverInfo ?? { name: server, version: '0' },
    ...(instructions === undefined ? {} : { instructions }),
  };
}

/**
 * Chooses the revision of a session: the one that the client asks for, unless the server's is older. The server was asked for the
 * newest, and its client may not know that.
 */
export function negotiatedVersion({ facts }: Pick<Upstream, 'facts'>, requested: unknown): string {
  const isKnown = LEGACY_VERSIONS.some((version) => version === requested);
  return isKnown && String(requested) < facts.protocolVersion ? String(requested) : facts.protocolVersion;
}
