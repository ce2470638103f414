import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './composeFile.ts';

const openssl = hasOpenssl();
const NODES = ['eventstore1', 'eventstore2'];
/** Extended key usages: a node is a server, and a client of the others. */
const SERVER_AND_CLIENT = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
const OWNER = process.getuid!();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-certificates-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeCertificates(): Promise<string> {
  const script = fileURLToPath(new URL('deploy/certificates.sh', ROOT));
  const { stdout } = await promisify(execFile)('sh', [script, folder, String(OWNER), ...NODES]);
  return stdout;
}

const file = (...path: string[]) => join(folder, ...path);
const certificate = (...path: string[]) => new X509Certificate(readFileSync(file(...path)));

describe.skipIf(!openssl)(`deploy/certificates.sh${openssl ? '' : ' (skipped: openssl is not installed)'}`, () => {
  beforeAll(async () => {
    expect(await makeCertificates()).toContain('made a new authority');
  });

  test('makes an authority that signs servers and nothing else', () => {
    const authority = certificate('trust', 'ca.crt');
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });

  test.each(NODES)('%s gets a certificate in its name, and a key that is its own', (node) => {
    const own = certificate(node, 'node.crt');
    // Nodes know each other by a common name that they share.
    expect(own.subject).toBe('CN=eventstoredb-node');
    expect(own.subjectAltName).toBe(`DNS:${node}, DNS:localhost, IP Address:127.0.0.1`);
    expect(own.keyUsage).toEqual(SERVER_AND_CLIENT);
    expect(own.verify(certificate('trust', 'ca.crt').publicKey)).toBe(true);
    const key = statSync(file(node, 'node.key'));
    expect([key.mode & 0o777, key.uid]).toEqual([0o400, OWNER]);
    // The only forms that EventStoreDB reads.
    expect(readFileSync(file(node, 'node.key'), 'utf8')).toMatch(/^-----BEGIN (RSA )?PRIVATE KEY-----\n/);
  });

  test('keys are readable for nobody else', () => {
    expect(statSync(file('authority', 'ca.key')).mode & 0o077).toBe(0);
  });

  test('a client that trusts the authority reaches a node under its name, and no other', async () => {
    expect(await greet('eventstore1', { servername: 'eventstore1' })).toBe('eventstoredb-node');
    await expect(greet('eventstore1', { servername: 'eventstore2' })).rejects.toThrow('altnames');
    await expect(greet('eventstore1', { servername: 'eventstore1', ca: [] })).rejects.toThrow(
      'self-signed certificate',
    );
  });

  test('leaves alone what is valid, and makes anew what is not', async () => {
    const [kept, lost] = [file('eventstore1', 'node.crt'), file('eventstore2', 'node.crt')];
    const before = await readFile(kept, 'utf8');
    await rm(lost);
    await makeCertificates();
    expect(await readFile(kept, 'utf8')).toBe(before);
    expect(certificate('eventstore2', 'node.crt').verify(certificate('trust', 'ca.crt').publicKey)).toBe(true);
  });

  test('a new authority signs every node anew', async () => {
    const before = await readFile(file('eventstore1', 'node.crt'), 'utf8');
    await rm(file('trust', 'ca.crt'));
    await makeCertificates();
    expect(await readFile(file('eventstore1', 'node.crt'), 'utf8')).not.toBe(before);
    for (const node of NODES) {
      expect(certificate(node, 'node.crt').verify(certificate('trust', 'ca.crt').publicKey)).toBe(true);
    }
  });
});

/** Connects to a node of that name as another node does, and answers with the name that the server has seen. */
async function greet(node: string, options: ConnectionOptions): Promise<string> {
  const ca = readFileSync(file('trust', 'ca.crt'));
  const own = (name: string) => ({
    cert: readFileSync(file(name, 'node.crt')),
    key: readFileSync(file(name, 'node.key')),
  });
  await using server = createServer({ ...own(node), ca, requestCert: true }, (socket: TLSSocket) => {
    socket.end(String(socket.getPeerCertificate().subject.CN));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ca, ...own('eventstore2'), ...options });
  const chunks = await socket.toArray();
  return Buffer.concat(chunks as Buffer[]).toString();
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
