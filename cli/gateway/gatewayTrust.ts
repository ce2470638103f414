/** What answers shows a certificate that is not trusted. */
export interface Untrusted {
  readonly detail: string;
  readonly remedy: string;
}

/** Tells whether a request to a gateway has failed on its certificate. @returns undefined: it has failed on something else */
export function untrustedAt(url: string, error: unknown): Untrusted | undefined {
  if (!isOfCertificate(innermost(error))) return undefined;
  return {
    detail: `What answers at ${url} shows a certificate that this command does not trust.`,
    remedy:
      'It takes the one in TLS_CERT_FILE, where this user may read that; of another one, its authority must be in NODE_EXTRA_CA_CERTS.',
  };
}

/** What fetch has failed on; it says itself no more than that it has. */
export function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}

/** As OpenSSL and Node name them (Node.js, X509 certificate error codes), and gatewayFetch.ts. */
function isOfCertificate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /CERT|UNABLE_TO_VERIFY/.test('code' in error ? String(error.code) : error.message.toUpperCase());
}
