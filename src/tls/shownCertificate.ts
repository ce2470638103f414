import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { FileUnreadable, readBoundedSync } from '../boundedRead.ts';

/** Far more than a chain has. */
export const MAX_PEM_BYTES = 1_048_576;

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Takes the certificates out of a PEM file, the first one first. @throws Error of OpenSSL where one is damaged */
export function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATES) ?? []).map((each) => new X509Certificate(each));
}

/**
 * Lists the names of a certificate: the DNS names and IP addresses of its subjectAltName; nothing else of it counts as a name (RFC
 * 9525, 2).
 */
export function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(([, name = '']) => name);
}

/** Reads the certificates in TLS_CERT_FILE, as its clients get them; none where there are none, or this user may not read them. */
export function shownCertificates(certFile: string | undefined): X509Certificate[] {
  if (certFile === undefined) return [];
  try {
    return certificatesIn(readBoundedSync(certFile, { maxBytes: MAX_PEM_BYTES }).toString('latin1'));
  } catch (error) {
    if (error instanceof FileUnreadable || isOfOpenSsl(error)) return [];
    throw error;
  }
}

/** Lists the names under which clients may call the gateway by TLS. */
export function shownNames(certFile: string | undefined): readonly string[] {
  const [leaf] = shownCertificates(certFile);
  return leaf === undefined ? [] : namesOf(leaf);
}

/** Tells whether Node.js itself knows who has issued a chain. */
export function isPubliclyTrusted(chain: readonly X509Certificate[]): boolean {
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem);
    return chain.some((each) => each.checkIssued(root));
  });
}

function isOfOpenSsl(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL');
}
