/** An answer of MCP belongs to one key, so that no cache may keep it, whatever the server allows (RFC 9111, 5.2.2.5). */
export const NO_STORE = ['Cache-Control', 'no-store'] as const;
