import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { Invalid } from '../errors/appError.ts';

/** What signs and verifies tokens: made of one `JWT_SECRET`. */
export interface TokenSecret {
  /** The `kid` of its tokens; public. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface TokenSecrets {
  /** Signs. */
  readonly current: TokenSecret;
  /** Still verifies, until the last token that it signed has expired. */
  readonly previous: TokenSecret | undefined;
}

/** HS256 needs a key at least as long as its hash (RFC 7518, 3.2). */
const MIN_BYTES = 32;

/**
 * Reads `JWT_SECRET` and, while it is being rotated, the previous one: at least 32 bytes of text each, used as they stand.
 * @throws Invalid `jwt-secret-invalid`
 */
export function parseTokenSecrets(current: string, previous?: string): TokenSecrets {
  return {
    current: parseTokenSecret(current, 'JWT_SECRET'),
    previous: previous === undefined ? undefined : parseTokenSecret(previous, 'JWT_SECRET_PREVIOUS'),
  };
}

function parseTokenSecret(text: string, name: string): TokenSecret {
  const bytes = Buffer.from(text.trim(), 'utf8');
  if (bytes.length < MIN_BYTES) {
    throw new Invalid(
      'jwt-secret-invalid',
      `${name} must be at least ${MIN_BYTES} random characters; make one with: openssl rand -base64 32`,
    );
  }
  const id = Buffer.from(hkdfSync('sha256', bytes, '', 'metamcp token secret id', 8)).toString('base64url');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id, key };
}
