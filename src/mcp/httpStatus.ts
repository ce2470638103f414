/**
 * What an HTTP status of 400 and above means, whether it comes from a server or from what stands before it:
 * - `credentials`: what is configured for the server does not suffice; a matter between it and the gateway
 * - `outage`: it can't answer now, which says nothing else about it
 * - `refusal`: it does not want this request; a client finds a server's era and abilities by it
 */
export type StatusMeaning = 'credentials' | 'outage' | 'refusal';

/** Tells what a status of 400 and above means (RFC 9110, 15.5 and 15.6; RFC 8470, 5.2; RFC 6585, 4). */
export function meaningOf(status: number): StatusMeaning {
  if (status === 401 || status === 403 || status === 407) return 'credentials';
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'outage' : 'refusal';
}

/** True for statuses by which a server does not offer GET or DELETE (MCP 2025-11-25, basic/transports; RFC 9110, 15.6.2). */
export function refusesMethod(status: number): boolean {
  return status === 405 || status === 501;
}

/** True for statuses by which a server of the HTTP+SSE transport refuses a POST to its stream (MCP 2026-07-28, basic/transports). */
export function refusesStreamableHttp(status: number): boolean {
  return status === 400 || status === 404 || status === 405;
}

/**
 * True for statuses by which a server may refuse a request as one of an era that it does not speak (MCP 2026-07-28, basic/versioning
 * and basic/transports, Backward Compatibility).
 */
export function mayRefuseEra(status: number): boolean {
  return [400, 404, 405, 406, 415, 422].includes(status);
}
