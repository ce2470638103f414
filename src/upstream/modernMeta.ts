import type { JsonObject } from '../mcp/jsonRpc.ts';
import type { ClientFacts } from './upstream.ts';

/** What every modern message carries (MCP 2026-07-28, basic: `_meta`). */
export function modernMeta(
  client: ClientFacts,
  version: string,
  capabilities: JsonObject = client.capabilities,
): JsonObject {
  return {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': client.clientInfo,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}
