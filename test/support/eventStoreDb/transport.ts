import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ServerCredentials } from '@grpc/grpc-js';

import { makeCertificate } from './certificate.ts';
import { grpc } from './stubs.ts';

/** How a server is reached: in plain text, or over TLS with a certificate of its own. */
export interface Transport extends Disposable {
  readonly serverCredentials: ServerCredentials;
  /** The file that holds the authority, over TLS. */
  readonly caFile: string | undefined;
  /** What a connection string says about it. */
  readonly query: string;
}

export function insecureTransport(): Transport {
  return {
    serverCredentials: grpc.ServerCredentials.createInsecure(),
    caFile: undefined,
    query: 'tls=false',
    [Symbol.dispose]: () => undefined,
  };
}

export function tlsTransport(): Transport {
  const { certificate, key } = makeCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'event-store-tls-'));
  const caFile = join(folder, 'ca.crt');
  writeFileSync(caFile, certificate);
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  return {
    serverCredentials: grpc.ServerCredentials.createSsl(null, [pair], false),
    caFile,
    query: `tls=true&tlsCAFile=${encodeURIComponent(caFile)}`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
