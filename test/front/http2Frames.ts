import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Kinds of frames (RFC 9113, 6). */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** A frame as it is sent (RFC 9113, 4.1). */
export function frame(kind: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(kind, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as literals without a table (RFC 7541, 6.2.2), which may break every rule. */
export function block(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

export const GET = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'localhost'],
] as const;

/** A client that sends what frames it likes. */
export interface RawClient {
  readonly socket: TLSSocket;
  readonly isOver: boolean;
  /** Codes of the streams that were reset, by stream. */
  readonly resets: ReadonlyMap<number, number>;
  /** The code of the server’s GOAWAY. */
  readonly goaway: number | undefined;
  /** Streams that have got the head of an answer. */
  readonly answered: ReadonlySet<number>;
  send(...frames: Buffer[]): void;
}

export async function openRawClient(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  socket.on('error', () => undefined);
  const resets = new Map<number, number>();
  const answered = new Set<number>();
  let goaway: number | undefined;
  let isOver = false;
  let rest: Buffer = Buffer.alloc(0);
  for (const event of ['end', 'close']) socket.on(event, () => (isOver = true));
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      const stream = rest.readUInt32BE(5);
      const payload = rest.subarray(9, 9 + length);
      if (rest[3] === RST_STREAM) resets.set(stream, payload.readUInt32BE(0));
      else if (rest[3] === GOAWAY) goaway = payload.readUInt32BE(4);
      else if (rest[3] === HEADERS) answered.add(stream);
      rest = rest.subarray(9 + length);
    }
  });
  await once(socket, 'secureConnect');
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)]));
  return {
    socket,
    resets,
    answered,
    get isOver() {
      return isOver;
    },
    get goaway() {
      return goaway;
    },
    send(...frames) {
      if (!socket.destroyed) socket.write(Buffer.concat(frames));
    },
  };
}
