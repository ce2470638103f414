/** How long a message may take to arrive, in ms: generous, since a slow machine must not fail a test. */
export const PATIENCE = { timeout: 60_000, interval: 10 };
