import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BodyLease } from '../calls/bodyRoom.ts';
import { GrowingBuffer } from '../growingBuffer.ts';

export interface BodyStreamOptions {
  /** The stream ends soon after so many bytes: its reader refuses the body. */
  readonly maxBytes: number;
  /** Undefined for bodies that anyone may send, which are small. */
  readonly lease: BodyLease | undefined;
}

/** The least that a reader gets at once, but for the last. A page of memory. */
const BLOCK_BYTES = 4_096;

/**
 * Makes the stream of a request's body for a reader that keeps what it gets, block by block. A client may send its bytes one
 * by one, and each piece costs some 400 bytes (measured): here they become blocks. Each byte has its room in the register
 * before it is held. The stream fails with Limited `too-many-bodies`, and with the error of a connection that breaks.
 */
export function streamBody(req: IncomingMessage, options: BodyStreamOptions): Readable {
  return Readable.from(blocksOf(req, options), { objectMode: false });
}

async function* blocksOf(req: IncomingMessage, { maxBytes, lease }: BodyStreamOptions): AsyncGenerator<Buffer> {
  const block = new GrowingBuffer();
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    block.add(chunk);
    bytes += chunk.length;
    // The reader is to see that it is too large now, and not when a block is full.
    if (bytes > maxBytes) break;
    lease?.grow(chunk.length);
    if (block.length >= BLOCK_BYTES) yield block.take();
  }
  if (block.length > 0) yield block.take();
}
