/** Request headers that the page of an allowed origin may send, and what MCP 2026-07-28 calls `Mcp-Param-*` besides; in lower case. */
export const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'baggage',
  'content-type',
  'if-match',
  'if-none-match',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'traceparent',
  'tracestate',
  'x-api-key',
  'x-request-id',
] as const;

/** Headers of answers that such a page may read. */
export const EXPOSED_HEADERS = [
  'Allow',
  'ETag',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Metamcp-Unconfirmed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
] as const;

/** How long a browser may remember the answer to a preflight, in seconds; two hours is the longest that browsers honour. */
export const PREFLIGHT_MAX_AGE_S = 7_200;
