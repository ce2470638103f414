/** Bounds of what clients may hold of this process. */
export interface FrontLimits {
  /** Connections at once. (Default: 16_384) */
  readonly maxConnections: number;
  /** Connections of one remote address at once. (Default: three quarters of all, so that the others always find room) */
  readonly maxConnectionsPerAddress: number;
  /** Connections that have not shown a good credential yet. (Default: a quarter of all) */
  readonly maxStrangers: number;
  /** Streams of HTTP/2 at once, over all connections. (Default: as many as connections) */
  readonly maxStreams: number;
  /** Requests that wait for the answer before theirs, over all connections. (Default: 4_096) */
  readonly maxWaitingRequests: number;
  /** Within this time, in milliseconds, a client takes `minTakenBytes` of what waits for it. (Default: 60_000) */
  readonly slowReaderMs: number;
  /** (Default: 61_440, a KiB per second) */
  readonly minTakenBytes: number;
  /** A body that takes longer, in milliseconds, is no body of a message. (Default: 300_000) */
  readonly maxBodyMs: number;
  /** A head is sent within this time, in milliseconds: it comes in one piece, unless its client is out to hold a connection. (Default: 20_000) */
  readonly headersMs: number;
  /** Idle connections are kept for so long, in milliseconds: nginx keeps them for a minute, and it must be the one who closes them. (Default: 65_000) */
  readonly keepAliveMs: number;
  /** Time for the handshake of TLS, from the connection on, in milliseconds. (Default: 10_000) */
  readonly handshakeMs: number;
  /** How often slow readers are looked for: one timer for the process. (Default: 500) */
  readonly sweepMs: number;
}

const MAX_CONNECTIONS = 16_384;

/** Of the head of a request. */
export const MAX_HEADER_BYTES = 16 * 1_024;

/** Derives the bounds from the one or two that an operator sets. */
export function frontLimits({
  maxConnections = MAX_CONNECTIONS,
  maxConnectionsPerAddress = shareOf(maxConnections),
}: {
  readonly maxConnections?: number | undefined;
  readonly maxConnectionsPerAddress?: number | undefined;
} = {}): FrontLimits {
  return {
    maxConnections,
    maxConnectionsPerAddress,
    maxStrangers: Math.ceil(maxConnections / 4),
    maxStreams: maxConnections,
    maxWaitingRequests: 4_096,
    slowReaderMs: 60_000,
    minTakenBytes: 60 * 1_024,
    maxBodyMs: 300_000,
    headersMs: 20_000,
    keepAliveMs: 65_000,
    handshakeMs: 10_000,
    sweepMs: 500,
  };
}

/** What one remote address may have of a bound: the rest is a reserve for the others. */
export function shareOf(bound: number): number {
  return Math.ceil((bound * 3) / 4);
}
