/** Bounds of the proxy that hold for every server. */
export interface ProxyLimits {
  /** A larger request body is refused unread. (Default: 16 MiB) */
  readonly maxBodyBytes: number;
  /** The largest answer or event that is read whole, which only a key with tool grants needs. (Default: 16 MiB) */
  readonly maxFilteredBytes: number;
  /** A stream that was silent for so long gets a comment, so that no intermediary takes it for dead. (Default: 15_000) */
  readonly keepAliveMs: number;
  /** A session that the gateway itself holds ends when it was not used for so long. (Default: 30 minutes) */
  readonly sessionIdleMs: number;
  /** A replica that was silent for so long, while it has a request of ours, is asked whether it is there. (Default: 10_000) */
  readonly peerSilentMs: number;
  /**
   * Aggregates that are open, each of some 15 KiB; those that were opened first, and are idle, are parked or forgotten for others.
   * (Default: 4_000)
   */
  readonly maxOpenAggregates: number;
  /**
   * Sessions of one key with the aggregate that hold anything; those that were opened first, and are idle, end for others.
   * (Default: 10_000)
   */
  readonly maxAggregatesPerKey: number;
}

export const DEFAULT_PROXY_LIMITS: ProxyLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxFilteredBytes: 16 * 1024 * 1024,
  keepAliveMs: 15_000,
  sessionIdleMs: 30 * 60_000,
  peerSilentMs: 10_000,
  maxOpenAggregates: 4_000,
  maxAggregatesPerKey: 10_000,
};
