import { GrowingBuffer } from '../../growingBuffer.ts';
import { MessageScan, type FoundResponse } from '../../mcp/messageScan.ts';

const NEWLINE = 0x0a;

/** A line of output, without what ends it; one that is too long tells only whom it would have answered. */
export type Line =
  | { readonly bytes: Buffer }
  | { readonly tooLong: true; readonly length: number; readonly responses: readonly FoundResponse[] };

/** Divides output into lines. The last one, which nothing ends, is none (MCP 2025-11-25, basic/transports, stdio). */
export async function* readLines(output: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line, void, void> {
  const begun = new GrowingBuffer();
  let skipped: { length: number; readonly scan: MessageScan } | undefined;

  const add = (piece: Buffer): void => {
    if (skipped === undefined && begun.length + piece.length <= maxBytes) {
      begun.add(piece);
      return;
    }
    if (skipped === undefined) {
      skipped = { length: 0, scan: new MessageScan() };
      const before = begun.take();
      skipped.length = before.length;
      skipped.scan.push(before);
    }
    skipped.length += piece.length;
    skipped.scan.push(piece);
  };

  const take = (): Line => {
    if (skipped === undefined) return { bytes: begun.take() };
    const { length, scan } = skipped;
    skipped = undefined;
    return { tooLong: true, length, responses: scan.responses };
  };

  for await (const chunk of output) {
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      const piece = chunk.subarray(at, end);
      at = end + 1;
      if (begun.length === 0 && skipped === undefined && piece.length <= maxBytes) yield { bytes: piece };
      else {
        add(piece);
        yield take();
      }
    }
    if (at < chunk.length) add(chunk.subarray(at));
  }
}
