import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { FileUnreadable, readBounded } from '../boundedRead.ts';
import { Invalid } from '../errors/appError.ts';
import { certificatesIn, MAX_PEM_BYTES, namesOf } from './shownCertificate.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate with its chain, and its key. */
export interface CertificatePair {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** The first end of a certificate of the chain, in milliseconds since 1970. */
  readonly endsAt: number;
  /** What it is for: DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Sentences on what is no hindrance, and yet wrong. */
  readonly warnings: readonly string[];
}

/**
 * Reads a certificate and its key, and checks whether they can serve.
 * @throws Invalid `config-invalid`, with the remedy
 */
export async function readCertificatePair(files: CertificateFiles, now: number): Promise<CertificatePair> {
  const { certFile, keyFile } = files;
  const cert = await readPem('TLS_CERT_FILE', certFile);
  const chain = readChain(cert, certFile);
  const key = await readPem('TLS_KEY_FILE', keyFile);
  const privateKey = readKey(key, keyFile);
  const [leaf] = chain;
  if (!leaf.checkPrivateKey(privateKey)) throw notTogether(files, chain, privateKey);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw fault(`TLS_CERT_FILE ${certFile} can’t serve: ${opensslReason(cause)}. Use another certificate.`, cause);
  }
  const endsAt = Math.min(...chain.map(({ validToDate }) => validToDate.getTime()));
  return {
    cert,
    key,
    endsAt,
    names: namesOf(leaf),
    warnings: [
      ...(endsAt <= now
        ? [
            `The certificate in ${certFile} has ended on ${new Date(endsAt).toISOString()}, so that clients refuse it: put a new one there.`,
          ]
        : []),
      ...(leaf.validFromDate.getTime() > now
        ? [`The certificate in ${certFile} is valid only from ${leaf.validFromDate.toISOString()} on.`]
        : []),
      ...(await exposure(keyFile)),
    ],
  };
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return (await readBounded(path, { maxBytes: MAX_PEM_BYTES })).toString('latin1');
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    throw fault(
      `${variable} names ${path}, which can’t be read (${cause.reason}): name a PEM file that this user may read.`,
      cause,
    );
  }
}

function readChain(text: string, path: string): [X509Certificate, ...X509Certificate[]] {
  let chain: X509Certificate[];
  try {
    chain = certificatesIn(text);
  } catch (cause) {
    throw fault(`TLS_CERT_FILE names ${path}, in which a certificate is damaged: write the file anew.`, cause);
  }
  const [first, ...others] = chain;
  if (first !== undefined) return [first, ...others];
  throw fault(
    text.includes('PRIVATE KEY-----')
      ? `TLS_CERT_FILE names ${path}, which holds a private key and no certificate: are the two files exchanged?`
      : `TLS_CERT_FILE names ${path}, which holds no certificate in PEM (-----BEGIN CERTIFICATE-----). From DER: openssl x509 -inform der -in FILE -out FILE.pem`,
  );
}

function readKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    if (/ENCRYPTED/.test(text)) {
      throw fault(
        `TLS_KEY_FILE names ${path}, whose key has a passphrase, and nobody can type it: openssl pkey -in FILE -out FILE.pem`,
      );
    }
    throw fault(
      text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY-----')
        ? `TLS_KEY_FILE names ${path}, which holds a certificate and no private key: are the two files exchanged?`
        : `TLS_KEY_FILE names ${path}, which holds no private key in PEM (-----BEGIN PRIVATE KEY-----), or a damaged one.`,
      cause,
    );
  }
}

function notTogether({ certFile, keyFile }: CertificateFiles, chain: readonly X509Certificate[], key: KeyObject) {
  return fault(
    chain.some((each) => each.checkPrivateKey(key))
      ? `The certificate of the key ${keyFile} (TLS_KEY_FILE) is not the first one in ${certFile} (TLS_CERT_FILE): put it before the others.`
      : `The key ${keyFile} (TLS_KEY_FILE) does not belong to the certificate ${certFile} (TLS_CERT_FILE): name the two that were made together.`,
  );
}

/** Rights of others than the owner and the group (chmod(2)): a group is how a key is shared on purpose. Windows has none. */
const OTHERS = 0o007;

async function exposure(path: string): Promise<string[]> {
  if (process.platform === 'win32') return [];
  // It may have been replaced since; then the next reading tells.
  const mode = await stat(path).then(
    (stats) => stats.mode,
    () => 0,
  );
  return (mode & OTHERS) === 0 ? [] : [`Everybody on this machine may use the key ${path}: chmod o= ${path}`];
}

function opensslReason(error: unknown): string {
  if (error instanceof Error && 'reason' in error && typeof error.reason === 'string') return error.reason;
  return 'OpenSSL refuses it';
}

function fault(message: string, cause?: unknown): Invalid {
  return new Invalid('config-invalid', message, cause === undefined ? {} : { cause });
}
