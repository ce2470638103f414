import type { Socket } from 'node:net';
import { FrontResponse } from '../frontResponse.ts';
import type { StreamRequest } from './streamRequest.ts';
import type { StreamSocket } from './streamSocket.ts';

/** The answer to a request that came by a stream of HTTP/2. */
export class StreamResponse extends FrontResponse<StreamRequest> {
  readonly #socket: StreamSocket;

  constructor(req: StreamRequest, socket: StreamSocket) {
    super(req);
    this.#socket = socket;
    this.assignSocket(socket as unknown as Socket);
    // Node is to write heads as for HTTP/1.1, but without these two: the stream tells where the body ends, and its connection goes on.
    this.useChunkedEncodingByDefault = true;
    this.removeHeader('connection');
    this.removeHeader('transfer-encoding');
    socket.on('drain', () => {
      if (!this.writableEnded) this.emit('drain');
    });
  }

  override end(...args: Parameters<FrontResponse['end']>): this {
    super.end(...args);
    this.#socket.endAnswer();
    return this;
  }

  // Node's own ask for what only its server keeps up to date, and take what was given up for sent. Types have them as fields.
  static {
    Object.defineProperties(this.prototype, {
      writableNeedDrain: {
        get(this: StreamResponse) {
          return !this.destroyed && !this.writableEnded && this.#socket.writableNeedDrain;
        },
      },
      writableFinished: {
        get(this: StreamResponse) {
          return this.writableEnded && this.#socket.isTaken;
        },
      },
    });
  }
}
