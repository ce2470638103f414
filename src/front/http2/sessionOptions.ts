import type { ServerSessionOptions } from 'node:http2';

/** Streams at once: RFC 9113, 6.5.2 asks for no fewer. */
const MAX_STREAMS = 100;

/** Streams of a session that has not shown a good credential: as many as requests of HTTP/1.1 are read ahead, twice. */
export const STRANGERS_STREAMS = 16;

/** Of PING and SETTINGS, which cost an answer each, between two looks at a session. */
export const MAX_SIGNS = 200;

/**
 * Of the bodies of a session's requests, so much may be on its way or wait here, in bytes. With the 64 KiB that it begins with, one
 * stream that is not read would stop all others.
 */
export const RECOGNISED_WINDOW_BYTES = 1_024 * 1_024;

/** What a session of HTTP/2 may cost, whatever its client sends. Beyond each bound the session ends, where nothing else is noted. */
export function sessionOptions(): ServerSessionOptions {
  return {
    // In MB: frames and headers on their way, not what Node has given out. A new stream is refused.
    maxSessionMemory: 8,
    // More than a request may have, so that its answer can name what is wrong. The stream is reset.
    maxHeaderListPairs: 256,
    // Beside what a client may reset at once, so many streams each second (CVE-2023-44487).
    streamResetBurst: 500,
    streamResetRate: 33,
    maxSessionInvalidFrames: 100,
    maxSettings: 32,
    // Servers' headers pass as they are, also those that should come once.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      // With 32 bytes for each header, and more than a request may have, as above (RFC 9113, 6.5.2).
      maxHeaderListSize: 32 * 1_024,
      initialWindowSize: 65_535,
    },
  };
}
