import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** Makes the result of `initialize` from what the server has said of itself (MCP 2025-11-25, basic/lifecycle). */
export function initializeResult({ facts, server }: Pick<Upstream, 'facts' | 'server'>): JsonObject {
  const { protocolVersion, capabilities, serverInfo, instructions } = facts;
  return {
    protocolVersion,
    capabilities,
    serverInfo: serverInfo ?? { name: server, version: '0' },
    ...(instructions === undefined ? {} : { instructions }),
  };
}
