import { constants } from 'node:crypto';
import { Socket } from 'node:net';
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { answerRaw } from './rawAnswer.ts';

/** The certificate that the listener shows; undefined in `FrontOptions`: it speaks plain HTTP. */
export interface ServedCertificate {
  /** PEM: the certificate, then its chain. */
  readonly pair: { readonly cert: string; readonly key: string };
  /** Calls back with each pair that follows. */
  onChange(listener: (pair: ServedCertificate['pair']) => void): () => void;
}

/** What stands between a connection and HTTP. */
export interface TlsDoor extends Disposable {
  /** Takes a connection that has sent nothing yet through its handshake. */
  take(socket: Socket): void;
}

export interface TlsDoorOptions {
  readonly certificate: ServedCertificate;
  /** HTTP/2 is offered, before HTTP/1.1. */
  readonly http2: boolean;
  /** Time for a handshake, in milliseconds. */
  readonly handshakeMs: number;
  /** Gets a connection whose handshake is done, or that needs none; `spoken` is what HTTP is spoken over. */
  readonly onSecure: (spoken: TLSSocket | Socket, socket: Socket) => void;
}

/** The first byte of a handshake: a TLS record of the kind `handshake` (RFC 8446, 5.1). */
const HANDSHAKE_RECORD = 0x16;

/**
 * For TLS 1.2: with forward secrecy and authenticated encryption only, which is what RFC 9113, 9.2.2 leaves of them, too. Of TLS
 * 1.3 all are good, and stand first.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What holds whichever certificate is shown. */
const TERMS: TlsOptions = {
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  // Nobody needs a renegotiation, and it costs the one who is asked for it much more than the one who asks.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};

/** Makes the door of a listener that speaks TLS, and tells whoever does not. */
export function createTlsDoor({ certificate, http2, handshakeMs, onSecure }: TlsDoorOptions): TlsDoor {
  // It listens nowhere: connections are handed to it.
  const door = createServer({
    ...certificate.pair,
    ...TERMS,
    handshakeTimeout: handshakeMs,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
  });
  // Connections that are there, and those that come back to a session of theirs, go on.
  const forget = certificate.onChange((pair) => door.setSecureContext({ ...pair, ...TERMS }));
  door.on('secureConnection', (encrypted) => {
    const socket = socketBelow(encrypted);
    if (socket === undefined) encrypted.destroy();
    else onSecure(encrypted, socket);
  });
  door.on('tlsClientError', (_error, encrypted) => encrypted.destroy());

  function begin(socket: Socket): void {
    const first: unknown = socket.read();
    if (!Buffer.isBuffer(first)) socket.destroy();
    else if (first[0] === HANDSHAKE_RECORD) {
      socket.unshift(first);
      door.emit('connection', socket);
    } else {
      answerRaw(socket, '400 Bad Request', 'tls-required', 'This port speaks TLS: use https:// in place of http://.');
    }
  }

  return {
    take(socket) {
      socket.on('error', () => socket.destroy());
      if (isOfThisUser(socket)) onSecure(socket, socket);
      else socket.once('readable', () => begin(socket));
    },
    [Symbol.dispose]() {
      forget();
    },
  };
}

/**
 * It came by a socket of the file system, where another worker passes a request on (src/workers/workerPlace.ts): only the user of the
 * gateway may open that, and nobody listens in.
 */
function isOfThisUser(socket: Socket): boolean {
  return socket.localAddress === undefined;
}

/** The connection that TLS is spoken over. Node has no public name for it; tests would notice if it were gone. */
function socketBelow(encrypted: TLSSocket): Socket | undefined {
  const { _parent: parent } = encrypted as { _parent?: unknown };
  return parent instanceof Socket ? parent : undefined;
}
