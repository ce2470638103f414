import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** The file of the authority, for clients. */
  readonly caFile: string;
  /** The server's own options. */
  readonly options: readonly string[];
  /** Puts a new certificate with a new key in the place of the nodes', signed by the same authority. */
  renew(): Promise<void>;
}

/** Makes an authority and a node's certificate in `folder`; the nodes of a cluster share them and know each other by the name. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const trusted = join(folder, 'trusted');
  await mkdir(trusted, { recursive: true });
  const path = (name: string): string => join(folder, name);
  const caFile = join(trusted, 'ca.crt');
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  await openssl(
    ...['req', '-x509', ...key, '-keyout', path('ca.key'), '-out', caFile, '-days', '2', '-subj', '/CN=test ca'],
  );
  await writeFile(
    path('node.ext'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature,keyEncipherment\n',
  );

  async function renew(): Promise<void> {
    await openssl(
      ...['req', ...key, '-keyout', path('node.key'), '-out', path('node.csr'), '-subj', '/CN=eventstoredb-node'],
    );
    await openssl(
      ...['x509', '-req', '-in', path('node.csr'), '-CA', caFile, '-CAkey', path('ca.key'), '-CAcreateserial'],
      ...['-days', '2', '-extfile', path('node.ext'), '-out', path('node.crt')],
    );
  }

  await renew();
  return {
    caFile,
    options: [
      `--certificate-file=${path('node.crt')}`,
      `--certificate-private-key-file=${path('node.key')}`,
      `--trusted-root-certificates-path=${trusted}`,
    ],
    renew,
  };
}
