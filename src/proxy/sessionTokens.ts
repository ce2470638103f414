import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { createTextSeal } from './sealedText.ts';

/** A legacy session as its token describes it. */
export interface Session {
  /** What the client holds. */
  readonly token: string;
  readonly keyId: string;
  /** The server, and where it is: its session id is no business of any other. */
  readonly place: string;
  /** The server's own session id, or in the messages lane that of the Upstream that the gateway holds. */
  readonly upstreamId: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/**
 * Seals legacy session ids into self-describing tokens and opens them: any replica, and a restarted gateway, continues the
 * session; no client can read or make one.
 */
export interface SessionTokens {
  seal(keyId: string, place: string, upstreamId: string): Session;
  /** Opens a token, or returns undefined when it is not one of ours. */
  open(token: string): Session | undefined;
}

/** Tokens remembered opened, so that a call of a known session does no cryptography. */
const REMEMBERED = 10_000;

/** Characters of the tokens and ids remembered: a server may name a session with 16 KB, and another one on every answer. */
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024;

/** @param key 32 bytes, the same on every replica */
export function createSessionTokens({ key, clock }: { key: Buffer; clock: Clock }): SessionTokens {
  const texts = createTextSeal(key, 'metamcp session token');
  const opened = new LRUCache<string, Session>({
    max: REMEMBERED,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: ({ token, upstreamId }) => token.length + upstreamId.length,
  });
  return {
    seal(keyId, place, upstreamId) {
      const issuedAt = clock();
      const token = texts.seal(JSON.stringify([keyId, place, upstreamId, issuedAt]));
      const session = { token, keyId, place, upstreamId, issuedAt };
      opened.set(token, session);
      return session;
    },
    open(token) {
      const known = opened.get(token);
      if (known !== undefined) return known;
      const text = texts.open(token);
      if (text === undefined) return undefined;
      const session = { token, ...parse(text) };
      opened.set(token, session);
      return session;
    },
  };
}

/** Reads what `seal` wrote; the tag has proved that it did. */
function parse(text: string): Omit<Session, 'token'> {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) throw new TypeError('a session token of version 1 holds a list');
  const [keyId, place, upstreamId, issuedAt] = parts as unknown[];
  return { keyId: String(keyId), place: String(place), upstreamId: String(upstreamId), issuedAt: Number(issuedAt) };
}
