import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** The file of the authority, for clients. */
  readonly caFile: string;
  /** The server's own options. */
  readonly options: readonly string[];
  /** Puts a new certificate with a new key in the place of the nodes'. */
  renew(): Promise<void>;
  /** Has another authority sign from now on, and servers and clients who read their files trust it beside the one before. */
  addAuthority(): Promise<void>;
  /** Has them trust no other authority than the last one. */
  removeOldAuthorities(): Promise<void>;
}

/** Makes an authority and a node's certificate in `folder`; the nodes of a cluster share them and know each other by the name. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const trusted = join(folder, 'trusted');
  await mkdir(trusted, { recursive: true });
  const path = (name: string): string => join(folder, name);
  const caFile = path('ca.crt');
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  const authorities: string[] = [];

  /** For clients one file holds all, for servers there is a file for each. */
  async function trust(): Promise<void> {
    const texts = await Promise.all(authorities.map((file) => readFile(file, 'utf8')));
    await writeFile(caFile, texts.join(''));
  }

  async function addAuthority(): Promise<void> {
    const file = join(trusted, `ca${authorities.length}.crt`);
    const name = `/CN=test ca ${authorities.length}`;
    await openssl('req', '-x509', ...key, '-keyout', path('ca.key'), '-out', file, '-days', '2', '-subj', name);
    authorities.push(file);
    await trust();
  }

  await writeFile(
    path('node.ext'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature,keyEncipherment\n',
  );

  async function renew(): Promise<void> {
    await openssl(
      ...['req', ...key, '-keyout', path('node.key'), '-out', path('node.csr'), '-subj', '/CN=eventstoredb-node'],
    );
    await openssl(
      ...['x509', '-req', '-in', path('node.csr'), '-CA', authorities.at(-1)!, '-CAkey', path('ca.key')],
      '-CAcreateserial',
      ...['-days', '2', '-extfile', path('node.ext'), '-out', path('node.crt')],
    );
  }

  await addAuthority();
  await renew();
  return {
    caFile,
    options: [
      `--certificate-file=${path('node.crt')}`,
      `--certificate-private-key-file=${path('node.key')}`,
      `--trusted-root-certificates-path=${trusted}`,
    ],
    renew,
    addAuthority,
    async removeOldAuthorities() {
      for (const file of authorities.splice(0, authorities.length - 1)) await rm(file);
      await trust();
    },
  };
}
