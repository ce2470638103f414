import { GrowingBuffer } from '../../growingBuffer.ts';
import { freeMemory } from '../../freedMemory.ts';
import { MessageScan, type FoundResponse } from '../../mcp/messageScan.ts';
import { inSlices } from '../../slices.ts';

const NEWLINE = 0x0a;

/** A line of output, without what ends it; one that is too long tells only whom it would have answered. */
export type Line =
  | { readonly bytes: Buffer | Promise<Buffer> }
  | { readonly tooLong: true; readonly length: number; readonly responses: readonly FoundResponse[] };

/** Divides output into lines. The last one, which nothing ends, is none (MCP 2025-11-25, basic/transports, stdio). */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #begun = new GrowingBuffer();
  #skipped: { length: number; readonly scan: MessageScan } | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a piece of output, whose memory is the splitter's from then on, and gives the lines that end in it. */
  *push(chunk: Buffer): Generator<Line, void, void> {
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      const piece = chunk.subarray(at, end);
      at = end + 1;
      if (this.#begun.length === 0 && this.#skipped === undefined && piece.length <= this.#maxBytes) {
        yield { bytes: piece };
      } else {
        this.#add(piece);
        yield this.#take();
      }
    }
    if (at < chunk.length) this.#add(chunk.subarray(at));
    // It was copied, and no line stands in it.
    if (at === 0) freeMemory(chunk);
  }

  #add(piece: Buffer): void {
    if (this.#skipped === undefined && this.#begun.length + piece.length <= this.#maxBytes) {
      this.#begun.add(piece);
      return;
    }
    if (this.#skipped === undefined) {
      const before = this.#begun.take();
      this.#skipped = { length: before.length, scan: new MessageScan() };
      this.#skipped.scan.push(before);
    }
    this.#skipped.length += piece.length;
    this.#skipped.scan.push(piece);
  }

  #take(): Line {
    if (this.#skipped === undefined) return { bytes: inSlices(this.#begun.takeSteps()) };
    const { length, scan } = this.#skipped;
    this.#skipped = undefined;
    return { tooLong: true, length, responses: scan.responses };
  }
}
