const TEXT = 'x'.repeat(200);

/** Twenty tools, as large as those of real servers. */
const TOOLS = Array.from({ length: 20 }, (_, at) => ({
  name: `tool_${String(at)}`,
  description: TEXT,
  inputSchema: { type: 'object', properties: { a: { type: 'string', description: TEXT }, b: { type: 'number' } } },
}));

/** What the reference servers answer a method with, as JSON. */
export function referenceAnswer(id: unknown, method: unknown): string {
  const result =
    method === 'server/discover'
      ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'public' }
      : method === 'initialize'
        ? {
            protocolVersion: '2025-11-25',
            capabilities: { tools: {} },
            serverInfo: { name: 'reference', version: '1' },
          }
        : method === 'tools/list'
          ? { tools: TOOLS }
          : { content: [{ type: 'text', text: TEXT }] };
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}
