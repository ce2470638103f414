import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext } from 'node:tls';
import grpc from '@grpc/grpc-js';

type SecureConnector = grpc.experimental.SecureConnector;

/**
 * The credentials of one channel. gRPC's own leave the socket of a handshake open that the node never answers, also when the
 * channel is closed (grpc-js 1.14): over TLS it keeps the process from ending, and each try leaves another one.
 */
export class ChannelCredentials extends grpc.ChannelCredentials {
  readonly #context: SecureContext | undefined;
  readonly #name: string;
  readonly #sockets = new Set<Socket>();

  /**
   * @param context undefined: nothing is encrypted
   * @param name what the node's certificate must name: a name, or an address without brackets
   */
  constructor(context: SecureContext | undefined, name: string) {
    super();
    this.#context = context;
    this.#name = name;
  }

  /** Closes what the channel has opened: it has come to nothing. */
  abandon(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  override _isSecure(): boolean {
    return this.#context !== undefined;
  }

  override _equals(other: grpc.ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    const context = this.#context;
    const none = grpc.CallCredentials.createEmpty();
    return {
      connect: async (socket) => {
        this.#keep(socket);
        if (context === undefined) return { socket, secure: false };
        return { socket: await this.#encrypted(socket, context), secure: true };
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => none,
      destroy: () => undefined,
    };
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #encrypted(socket: Socket, secureContext: SecureContext): Promise<Socket> {
    const name = this.#name;
    // Of an address there is no server name (RFC 6066, 3); it is compared with the certificate all the same.
    const servername = isIP(name) === 0 ? { servername: name } : {};
    return new Promise((resolve, reject) => {
      const encrypted = connect({ socket, secureContext, host: name, ...servername, ALPNProtocols: ['h2'] }, () => {
        resolve(encrypted);
      });
      this.#keep(encrypted);
      encrypted.on('error', reject);
      encrypted.on('close', () => reject(new Error('The node closed the connection during the TLS handshake')));
    });
  }
}
