/** JSON-RPC 2.0, 5.1. */
export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

/** What the reference implementations use for a refusal of the HTTP exchange itself. */
export const TRANSPORT_ERROR = -32_000;

/** What the reference implementations answer, with a 404, to a session that is gone. */
export const SESSION_NOT_FOUND = -32_001;

/** What revisions before 2026-07-28 answer for an unknown resource. */
export const RESOURCE_NOT_FOUND = -32_002;

/** MCP 2025-11-25, client/elicitation: the user is to open URLs first. Revisions after it must not use it. */
export const URL_ELICITATION_REQUIRED = -32_042;

/** MCP 2026-07-28, "Error codes". */
export const HEADER_MISMATCH = -32_020;
export const MISSING_CLIENT_CAPABILITY = -32_021;
export const UNSUPPORTED_VERSION = -32_022;
