import { Invalid, Unauthorized } from '../errors/appError.ts';
import { invalidCredential } from './invalidCredential.ts';
import type { CredentialHeaders } from './principal.ts';

const SCHEME = 'bearer ';

/**
 * Finds the credential of a request: `Authorization: Bearer <token or key>` or `X-API-Key: <key>`. Never a query string,
 * which ends up in logs and histories. docs/architecture.md, Who may come in.
 * @throws Unauthorized `credential-missing`, `invalid-credential` for another scheme; Invalid `credential-ambiguous` when two differ
 */
export function credentialOf(headers: CredentialHeaders): string {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (apiKey === undefined) {
    if (authorization === undefined) throw credentialMissing();
    return bearer(authorization);
  }
  if (authorization === undefined && typeof apiKey === 'string') return apiKey;
  const credentials = new Set([apiKey].flat());
  if (authorization !== undefined) credentials.add(bearer(authorization));
  const [credential, ...others] = credentials;
  if (credential === undefined) throw credentialMissing();
  if (others.length > 0) {
    throw new Invalid('credential-ambiguous', 'The request carries several credentials. Send one.');
  }
  return credential;
}

/** The scheme's name has no case (RFC 9110, 11.1). */
function bearer(authorization: string): string {
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) throw invalidCredential();
  return authorization.slice(SCHEME.length).trim();
}

function credentialMissing(): Unauthorized {
  return new Unauthorized(
    'credential-missing',
    'Send an API key or a token as Authorization: Bearer <…>, or an API key as X-API-Key: <…>.',
  );
}
