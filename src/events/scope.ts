/** What a key may do. */
export const SCOPES = [
  'mcp',
  'servers:read',
  'servers:write',
  'servers:exec',
  'keys:read',
  'audit:read',
  'usage:read',
  'events:read',
] as const;
