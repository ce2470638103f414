/** A store may answer from a node that lags behind what another process has seen: how often it is read before it counts as too old. */
export const LAG_TRIES = 20;

/** The pause between two readings, in milliseconds. */
export const LAG_DELAY_MS = 50;
