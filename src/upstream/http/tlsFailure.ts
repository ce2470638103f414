/** OpenSSL's words for an answer that is not TLS. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'EPROTO',
]);

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Says what is wrong with a server's TLS, and what to do about it; undefined when the code is of something else. */
export function tlsFailure(code: string): string | undefined {
  if (NOT_TLS.has(code)) return 'does not speak TLS at the configured URL: is it http:// and not https://?';
  if (UNTRUSTED.has(code)) {
    return `shows a certificate whose issuer is not trusted (${code}): name the issuer's in NODE_EXTRA_CA_CERTS.`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'shows a certificate that has expired: renew it.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'shows a certificate of another name: configure the URL with the name that it is for.';
  }
  return undefined;
}

/** Says what answers in place of HTTP/1.1, by its first bytes. */
export function protocolOf(text: string): string {
  // A TLS record of the kind alert (RFC 8446, 5.1), and a SETTINGS frame (RFC 9113, 3.4 and 6.5).
  if (text.startsWith('\x15\x03')) return 'speaks TLS at the configured URL: is it https:// and not http://?';
  if (text.startsWith('\0') && text[3] === '\x04') return 'speaks HTTP/2 without TLS, and must speak HTTP/1.1.';
  return 'does not speak HTTP.';
}
