import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

/** A legacy session as its token describes it; the gateway itself keeps none. */
export interface Session {
  /** What the client holds. */
  readonly token: string;
  readonly keyId: string;
  /** The server, and where it is: its session id is no business of any other. */
  readonly place: string;
  /** The upstream's own session id. */
  readonly upstreamId: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/**
 * Seals legacy session ids into self-describing tokens and opens them: any replica, and a restarted gateway, continues the
 * session; nobody else can read or make one. AES-256-GCM; layout: version, nonce, ciphertext, tag. DESIGN 7.
 */
export interface SessionTokens {
  seal(keyId: string, place: string, upstreamId: string): Session;
  /** Opens a token, or returns undefined when it is not one of ours. */
  open(token: string): Session | undefined;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ASSOCIATED_DATA = Buffer.from('metamcp session token');

/** A longer one was not made here: Node accepts headers of 16 KiB in all. */
const MAX_TOKEN_LENGTH = 8_192;

/** Tokens remembered opened, so that a call of a known session does no cryptography. */
const REMEMBERED = 10_000;

/** Characters of the tokens and ids remembered: a server may name a session with 16 KB, and another one on every answer. */
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024;

/** @param key 32 bytes, the same on every replica */
export function createSessionTokens({ key, clock }: { key: Buffer; clock: Clock }): SessionTokens {
  const opened = new LRUCache<string, Session>({
    max: REMEMBERED,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: ({ token, upstreamId }) => token.length + upstreamId.length,
  });
  return {
    seal(keyId, place, upstreamId) {
      const issuedAt = clock();
      const token = encrypt(key, JSON.stringify([keyId, place, upstreamId, issuedAt]));
      const session = { token, keyId, place, upstreamId, issuedAt };
      opened.set(token, session);
      return session;
    },
    open(token) {
      const known = opened.get(token);
      if (known !== undefined) return known;
      const text = decrypt(key, token);
      if (text === undefined) return undefined;
      const session = { token, ...parse(text) };
      opened.set(token, session);
      return session;
    },
  };
}

function encrypt(key: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(ASSOCIATED_DATA);
  const sealed = [Buffer.of(VERSION), nonce, cipher.update(text, 'utf8'), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Buffer, token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // The decoder skips what is not base64url; only the one true spelling of a token is that token.
  if (bytes.length <= 1 + NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) return undefined;
  if (bytes[0] !== VERSION) return undefined;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(ASSOCIATED_DATA);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

/** Reads what `seal` wrote; the tag has proved that it did. */
function parse(text: string): Omit<Session, 'token'> {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) throw new TypeError('a session token of version 1 holds a list');
  const [keyId, place, upstreamId, issuedAt] = parts as unknown[];
  return { keyId: String(keyId), place: String(place), upstreamId: String(upstreamId), issuedAt: Number(issuedAt) };
}
