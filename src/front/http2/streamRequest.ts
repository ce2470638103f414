import { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { addHeaderLines } from '../headerLines.ts';
import type { StreamSocket } from './streamSocket.ts';

/** A request that came by a stream of HTTP/2. To who reads it, it is as one of HTTP/1.1. */
export class StreamRequest extends IncomingMessage {
  readonly #stream: ServerHttp2Stream;
  /** See FrontRequest. */
  readonly cameBy: StreamSocket;
  /** Of the head, in bytes. */
  headBytes = 0;

  /** @param rawHeaders names and values in turns, pseudo-headers before the others */
  constructor(stream: ServerHttp2Stream, socket: StreamSocket, rawHeaders: readonly string[]) {
    super(socket as unknown as Socket);
    this.#stream = stream;
    this.cameBy = socket;
    this.httpVersion = '2.0';
    this.httpVersionMajor = 2;
    this.httpVersionMinor = 0;
    this.#readHead(rawHeaders);
    if (stream.endAfterHeaders) {
      // A stream whose end nobody has read does not close.
      stream.resume();
      this.#end();
    } else {
      // Not before somebody is served: what the client may send until then, its window bounds.
      stream.pause();
      stream.on('data', (chunk: Buffer) => {
        if (!this.push(chunk)) stream.pause();
      });
      stream.on('end', () => this.#end());
    }
    socket.once('close', () => this.#abort());
  }

  /** Begins to take the body in. */
  begin(): void {
    if (!this.complete) this.#stream.resume();
  }

  override _read(): void {
    this.begin();
  }

  #end(): void {
    // What has ended because its stream has is not whole.
    if (this.#stream.aborted || this.destroyed) return;
    this.complete = true;
    this.push(null);
  }

  #abort(): void {
    if (this.complete || this.destroyed) return;
    this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }

  #readHead(rawHeaders: readonly string[]): void {
    const headers: string[] = [];
    let authority: string | undefined;
    let host: string | undefined;
    let hasLength = false;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
      this.headBytes += name.length + value.length;
      if (name === ':method') this.method = value;
      else if (name === ':path') this.url = value;
      else if (name === ':authority') authority = value;
      if (name.startsWith(':')) continue;
      if (name === 'host') host = value;
      else if (name === 'content-length') hasLength = true;
      headers.push(name, value);
    }
    // The name that was asked for (RFC 9113, 8.3.1). Beside another Host, there are two of them, which nothing takes.
    if (authority !== undefined && authority !== host) headers.push('host', authority);
    // Whether a body follows, HTTP/1.1 tells by these two (RFC 9112, 6.3), and so does who reads the request.
    if (!hasLength && !this.#stream.endAfterHeaders) headers.push('transfer-encoding', 'chunked');
    addHeaderLines(this, headers);
  }
}
