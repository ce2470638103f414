import { Unauthorized } from '../errors/appError.ts';

/**
 * Makes the one answer to every credential that proves nothing: malformed, unknown, deleted, wrong. Different answers
 * would show a guesser which keys exist.
 */
export function invalidCredential({
  cause,
  keyId,
}: { cause?: unknown; keyId?: string | undefined } = {}): Unauthorized {
  return new Unauthorized('invalid-credential', 'The API key or token is not valid.', { cause, keyId });
}
