import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as connectPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFront } from '../../src/front/front.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openCertificate } from '../../src/tls/certificate.ts';
import { readCertificatePair } from '../../src/tls/certificatePair.ts';
import { createGatewayFetch } from '../../src/tls/gatewayFetch.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';

let folder: string;
const path = (name: string): string => join(folder, name);
const files = () => ({ certFile: path('cert.pem'), keyFile: path('key.pem') });
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-tls-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a new pair there, each file by a rename. */
async function renew(): Promise<string> {
  const { certificate, key } = makeCertificate();
  for (const [name, text] of [
    ['cert.pem', certificate],
    ['key.pem', key],
  ] as const) {
    await writeFile(path(`${name}.new`), text, { mode: 0o600 });
    await rename(path(`${name}.new`), path(name));
  }
  return certificate;
}

async function openServer(at = files()) {
  let now = 1;
  const logger = createLogger('silent');
  const certificate = await openCertificate({ files: at, clock: Date.now, logger, pollMs: 5 });
  const front = createFront({
    serve: (req, res) => void res.end(req.url),
    certificate,
    limits: { ...frontLimits(), sweepMs: 1 },
    clock: () => now,
    logger,
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
  const { port } = front.server.address() as AddressInfo;
  const clients: TLSSocket[] = [];
  return {
    front,
    port,
    certificate,
    advance: (ms: number) => void (now += ms),
    async open(options: object = {}): Promise<TLSSocket> {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
      clients.push(socket);
      await once(socket, 'secureConnect');
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      certificate[Symbol.dispose]();
      front[Symbol.dispose]();
      front.closeAll();
      front.server.close();
      await once(front.server, 'close');
    },
  };
}

async function ask(socket: TLSSocket, target: string): Promise<string> {
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString('latin1');
}

const shown = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.fingerprint256;

describe('a front with a certificate', () => {
  it('offers HTTP/1.1 [front-tls]', async () => {
    await renew();
    await using server = await openServer();
    const socket = await server.open({ ALPNProtocols: ['http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    expect(await ask(socket, '/x')).toMatch(/^HTTP\/1\.1 200 .*\/x$/s);
  });

  it('speaks TLS 1.2 and 1.3, and refuses what is older by its version, also once its certificate has changed [front-tls]', async () => {
    await renew();
    await using server = await openServer();
    /** At the level 0 the client itself refuses none of them. */
    const spoken = async (version: string) => {
      const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      return server.open(options).then(
        (socket) => socket.getProtocol(),
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      );
    };
    const refused = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
    const expected = [refused, refused, 'TLSv1.2', 'TLSv1.3'];
    const all = () => Promise.all(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map(spoken));
    expect(await all()).toEqual(expected);
    const before = shown(await server.open());
    await renew();
    await expect.poll(async () => shown(await server.open())).not.toBe(before);
    expect(await all()).toEqual(expected);
  });

  it('tells a client without TLS what to do [front-tls]', async () => {
    await renew();
    await using server = await openServer();
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString('latin1')).toMatch(/^HTTP\/1\.1 400 .*"code":"tls-required"/s);
    socket.destroy();
  });

  it.each([['nothing'], ['half a handshake']])('ends a connection that sends %s in time [front-tls]', async (what) => {
    await renew();
    await using server = await openServer();
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (what !== 'nothing') socket.write(Buffer.from([0x16, 3, 1, 0x10, 0, 1]));
    await expect.poll(() => server.front.load.connections).toBe(1);
    server.advance(9_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.front.load.connections).toBe(1);
    server.advance(1_000);
    await expect.poll(() => server.front.load.connections).toBe(0);
    socket.destroy();
  });

  it('serves a certificate that has changed, and connections go on [front-tls-reload]', async () => {
    await renew();
    await using server = await openServer();
    const before = await server.open();
    await renew();
    await expect.poll(async () => shown(await server.open()) === shown(before)).toBe(false);
    expect(await ask(before, '/still')).toContain('/still');
  });

  it('follows a link to another folder, as of Kubernetes [front-tls-reload]', async () => {
    const put = async (name: string) => {
      const { certificate, key } = makeCertificate();
      await writeFile(path(`${name}.cert`), certificate);
      await writeFile(path(`${name}.key`), key, { mode: 0o600 });
    };
    const link = async (name: string) => {
      for (const kind of ['cert', 'key']) {
        await symlink(path(`${name}.${kind}`), path(`${kind}.tmp`));
        await rename(path(`${kind}.tmp`), path(`${kind}.pem`));
      }
    };
    await put('one');
    await put('two');
    await link('one');
    await using server = await openServer();
    const first = server.certificate.pair.cert;
    await link('two');
    await expect.poll(() => server.certificate.pair.cert === first).toBe(false);
  });

  it('keeps its certificate when the new files can’t serve [front-tls-reload]', async () => {
    await renew();
    await using server = await openServer();
    const { cert } = server.certificate.pair;
    await writeFile(path('key.pem'), makeCertificate().key);
    await server.certificate.reread();
    expect(server.certificate.pair.cert).toBe(cert);
    expect(await ask(await server.open(), '/x')).toContain('200');
  });

  it('is reached by programs of its installation under any name, and no other is [front-tls]', async () => {
    await renew();
    await using server = await openServer();
    const url = `https://127.0.0.1:${server.port}/x`;
    expect(await (await createGatewayFetch({ certFile: files().certFile })(url)).text()).toBe('/x');
    await writeFile(path('other.pem'), makeCertificate().certificate);
    await expect(createGatewayFetch({ certFile: path('other.pem') })(url)).rejects.toThrow();
  });

  it('is trusted by clients that know its authority [front-tls]', async () => {
    const ca = await renew();
    await using server = await openServer();
    const asked = httpsRequest(`https://localhost:${server.port}/y`, { ca, family: 4, agent: false }).end();
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });
});

it('files of a certificate that can’t serve are refused with the remedy [front-tls-files]', async () => {
  const fault = () =>
    readCertificatePair(files(), Date.now()).then(
      () => '',
      (error: unknown) => String(error),
    );
  expect(await fault()).toMatch(/TLS_CERT_FILE names .* can’t be read/);
  await renew();
  expect(await fault()).toBe('');
  await rename(path('key.pem'), path('right.pem'));
  expect(await fault()).toMatch(/TLS_KEY_FILE names .* can’t be read/);
  await writeFile(path('key.pem'), makeCertificate().key);
  expect(await fault()).toMatch(/does not belong to/);
  await writeFile(path('key.pem'), makeCertificate().certificate);
  expect(await fault()).toMatch(/are the two files exchanged/);
  await writeFile(path('key.pem'), 'nothing');
  expect(await fault()).toMatch(/no private key in PEM/);
  await writeFile(path('cert.pem'), makeCertificate().key);
  expect(await fault()).toMatch(/are the two files exchanged/);
  await writeFile(path('cert.pem'), 'nothing');
  expect(await fault()).toMatch(/no certificate in PEM/);
});

it('an expired certificate and a key that everybody may read are told, and serve [front-tls-files]', async () => {
  await renew();
  await chmod(path('key.pem'), 0o644);
  const later = Date.now() + 10 * 24 * 60 * 60 * 1_000;
  const { warnings } = await readCertificatePair(files(), later);
  expect(warnings.join('\n')).toMatch(/has ended on[^]*Everybody on this machine may use the key/);
});
