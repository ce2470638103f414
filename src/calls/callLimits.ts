/** Bounds of what runs in this process, whatever carries it. */
export interface CallLimits {
  /** Streams that one key may have open at one server, and at /mcp. A server that leads back to us opens one for each. (Default: 1_000) */
  readonly maxStandingPerKey: number;
  /**
   * Bytes that one key may have under way: bodies still arriving or not yet answered, and answers that are read whole.
   * (Default: 64 MiB)
   */
  readonly maxRoomBytesPerKey: number;
  /** The same of all keys together. (Default: 256 MiB) */
  readonly maxRoomBytes: number;
  /** How often time-outs, silence and slow clients are looked for: one timer for the process. (Default: 500) */
  readonly sweepMs: number;
  /** How long calls in flight may go on when the gateway stops. (Default: 10_000) */
  readonly drainMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_CALL_LIMITS: CallLimits = {
  maxStandingPerKey: 1_000,
  maxRoomBytesPerKey: 64 * MIB,
  maxRoomBytes: 256 * MIB,
  sweepMs: 500,
  drainMs: 10_000,
};

/** How long a client that is cut may take to receive the error, in milliseconds. */
export const CUT_GRACE_MS = 1_000;
