import type { Duplex, Readable } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import type { ContentCoding } from '../../mcp/contentCodings.ts';

/** What is decoded comes out at once, as events must, and a missing end does no harm: the content shows whether it is whole. */
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };
const ZSTD = {
  flush: constants.ZSTD_e_flush,
  finishFlush: constants.ZSTD_e_flush,
  // RFC 9659, 3: content on the web has a window of 8 MiB at most.
  params: { [constants.ZSTD_d_windowLogMax]: 23 },
};

/** Compressed content can't be decoded. */
export class UndecodableContent extends Error {
  readonly codings: readonly ContentCoding[];

  constructor(codings: readonly ContentCoding[], cause?: Error) {
    super('the content can’t be decoded', { cause });
    this.codings = codings;
  }
}

/** Tells whether content may be what it is said to be, where that shows at its beginning (RFC 1952, 2.3.1). */
export function beginsAs(codings: readonly ContentCoding[], first: Buffer): boolean {
  return codings.at(-1) !== 'gzip' || first[0] === 0x1f;
}

/** A chain that undoes content codings. Both ends honour back-pressure, so what it holds is bounded, whatever comes out. */
export interface Decoder {
  readonly input: Duplex;
  readonly output: Readable;
  destroy(): void;
}

/**
 * Opens a chain that undoes codings, the last one first.
 * @param first the beginning of what is to be decoded
 */
export function openDecoder(
  codings: readonly ContentCoding[],
  first: Buffer,
  onError: (error: Error) => void,
): Decoder {
  const stages = codings.toReversed().map((coding, index) => openStage(coding, index === 0 ? first[0] : undefined));
  stages.forEach((stage, index) => {
    stage.on('error', onError);
    const next = stages[index + 1];
    if (next !== undefined) stage.pipe(next);
  });
  const [input] = stages;
  const output = stages.at(-1);
  if (input === undefined || output === undefined) throw new TypeError('there is nothing to decode');
  return {
    input,
    output,
    destroy() {
      for (const stage of stages) stage.destroy();
    },
  };
}

function openStage(coding: ContentCoding, firstByte: number | undefined): Duplex {
  switch (coding) {
    case 'gzip':
      return createGunzip(ZLIB);
    case 'br':
      return createBrotliDecompress(BROTLI);
    case 'zstd':
      return createZstdDecompress(ZSTD);
    case 'deflate':
      // Some servers leave the zlib head out that RFC 9110, 8.4.1.2 asks for; HTTP clients read both.
      return firstByte !== undefined && (firstByte & 0x0f) !== 8 ? createInflateRaw(ZLIB) : createInflate(ZLIB);
  }
}
