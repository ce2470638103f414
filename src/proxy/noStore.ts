/** What MCP answers is one key's, and must be kept by no cache, whatever the server says (RFC 9111, 5.2.2.5). */
export const NO_STORE = ['Cache-Control', 'no-store'] as const;
