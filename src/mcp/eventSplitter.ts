import { GrowingBuffer } from '../growingBuffer.ts';
import { JsonOutline } from './jsonOutline.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Lines of one server-sent event: far more than messages have, which are mostly one line. */
export const MAX_EVENT_LINES = 100_000;

/** What an event has too much of. */
export type EventExcess = 'bytes' | 'lines';

/**
 * Cuts a stream of server-sent events into whole events, each with the line ends as they came (WHATWG HTML, 9.2.5 "Parsing an
 * event stream"), and bounds the one that is not whole yet. It looks at each byte once, however small the pieces are.
 */
export class EventSplitter {
  readonly #maxBytes: number;
  readonly #event = new GrowingBuffer();
  #lines = 0;
  #lineIsEmpty = true;
  /** The last byte was a CR: an LF after it belongs to the same line end. */
  #afterCr = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of the event that is not whole yet. */
  get pendingBytes(): number {
    return this.#event.length;
  }

  /**
   * Takes what is left at the end of a stream that broke off: an event that lacks nothing but its end, because its data is a whole
   * JSON document. Clients differ in whether they read it so (WHATWG HTML, 9.2.6: they should not).
   */
  takeRest(): Buffer | undefined {
    this.#lines = 0;
    this.#lineIsEmpty = true;
    this.#afterCr = false;
    const rest = this.#event.take();
    const outline = new JsonOutline();
    pushData(rest, outline);
    return outline.complete ? rest : undefined;
  }

  /** Takes the next bytes, and hands on what is whole now; stops at what is too much. */
  push(chunk: Buffer, onEvent: (event: Buffer) => void): EventExcess | undefined {
    let from = 0;
    let at = 0;
    if (this.#afterCr && chunk[0] === LF) {
      at = 1;
      // Within an event it stays: the CR would take the next LF for its own.
      if (this.#event.length === 0) from = 1;
    }
    if (chunk.length > 0) this.#afterCr = chunk[chunk.length - 1] === CR;
    let nextCr = chunk.indexOf(CR, at);
    let nextLf = chunk.indexOf(LF, at);
    while (nextLf !== -1 || nextCr !== -1) {
      const end = nextCr === -1 || (nextLf !== -1 && nextLf < nextCr) ? nextLf : nextCr;
      const after = end + (end === nextCr && nextLf === end + 1 ? 2 : 1);
      if (end > at || !this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
        if (++this.#lines > MAX_EVENT_LINES) return 'lines';
      } else {
        const rest = chunk.subarray(from, after);
        if (this.#event.length + rest.length > this.#maxBytes) return 'bytes';
        if (this.#event.length > 0) this.#event.add(rest);
        const event = this.#event.length > 0 ? this.#event.take() : rest;
        if (this.#lines > 0) onEvent(event);
        this.#lines = 0;
        from = after;
      }
      at = after;
      if (nextCr !== -1 && nextCr < at) nextCr = chunk.indexOf(CR, at);
      if (nextLf !== -1 && nextLf < at) nextLf = chunk.indexOf(LF, at);
    }
    if (at < chunk.length) this.#lineIsEmpty = false;
    if (this.#event.length + chunk.length - from > this.#maxBytes) return 'bytes';
    this.#event.add(chunk.subarray(from));
    return undefined;
  }
}

const DATA = Buffer.from('data:');
const SPACE = 0x20;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Gives the data of a whole event to what reads JSON in pieces, without joining its lines. */
export function pushData(event: Buffer, into: { push(chunk: Buffer): void }): void {
  for (const line of linesIn(event)) if (isData(line)) into.push(line.subarray(DATA.length));
}

/** Divides a whole event into its data and, as text, its other lines, so that data of megabytes stays bytes. */
export function divideEvent(event: Buffer): { readonly data: Buffer; readonly others: string } {
  const data: Buffer[] = [];
  let others = '';
  for (const line of linesIn(event)) {
    if (!isData(line)) others += `${line.toString('utf8')}\n`;
    else {
      if (data.length > 0) data.push(LINE_END);
      data.push(line.subarray(line[DATA.length] === SPACE ? DATA.length + 1 : DATA.length));
    }
  }
  const [first = Buffer.alloc(0)] = data;
  return { data: data.length > 1 ? Buffer.concat(data) : first, others };
}

const LINE_END = Buffer.of(LF);

function isData(line: Buffer): boolean {
  return line.subarray(0, DATA.length).equals(DATA);
}

/** The lines of an event; an empty one is of no meaning. */
function* linesIn(event: Buffer): Generator<Buffer, void, void> {
  let lf = event.indexOf(LF);
  let cr = event.indexOf(CR);
  let at = event.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (at < event.length) {
    if (lf !== -1 && lf < at) lf = event.indexOf(LF, at);
    if (cr !== -1 && cr < at) cr = event.indexOf(CR, at);
    const end = Math.min(lf === -1 ? event.length : lf, cr === -1 ? event.length : cr);
    if (end > at) yield event.subarray(at, end);
    at = end + 1;
  }
}
