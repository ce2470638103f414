import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import type { ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';

/** A server's port and its open connections. gRPC gets each connection handed over, so that we can cut it. */
export class Connections {
  readonly #injector: ConnectionInjector;
  readonly #sockets = new Map<string, Socket>();
  readonly #listener = createServer((socket) => this.#accept(socket));
  port = 0;

  constructor(server: Server, credentials: ServerCredentials) {
    this.#injector = server.createConnectionInjector(credentials);
  }

  get count(): number {
    return this.#sockets.size;
  }

  get isListening(): boolean {
    return this.#listener.listening;
  }

  /** Accepts connections, on the same port as before if there was one. */
  async listen(port = this.port): Promise<void> {
    this.#listener.listen(port, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.port = (this.#listener.address() as AddressInfo).port;
  }

  /** Refuses new connections; those that exist stay. */
  refuse(): void {
    if (this.#listener.listening) this.#listener.close();
  }

  /** Destroys the connection a call came on, without a word. */
  cut(peer: string): void {
    this.#sockets.get(peer)?.destroy();
  }

  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  /** Waits until no connection is left. */
  async closed(): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => once(socket, 'close')));
  }

  /** Tells all clients to finish their calls and go (GOAWAY). */
  drain(graceMs: number): void {
    this.#injector.drain(graceMs);
  }

  #accept(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#sockets.set(peer, socket);
    socket.on('close', () => this.#sockets.delete(peer));
    // Clients vanish without a word, too.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    this.#injector.injectConnection(socket);
  }
}
