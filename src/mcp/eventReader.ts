import type { MessageScan } from './messageScan.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

/** Names of fields, byte by byte in one number, because a name may come in pieces. */
const FIELD = { comment: 0, data: codeOf('data'), id: codeOf('id'), event: codeOf('event') };
/** Any other field. */
const OTHER = -1;
/** No name of a field is longer than `event`. */
const MAX_CODE = 2 ** 40;
const BYTE_ORDER_MARK = 0xefbbbf;

const MESSAGE = 'message';
const LINE_END = Buffer.of(LF);

const NOT_FOUND = -1;
const NOT_SEARCHED = -2;

/**
 * Follows a stream of server-sent events, however it is cut, and holds none of it. It finds where each event ends, whether
 * clients take it for a message, and whether they could take the stream up again (WHATWG HTML, 9.2.5 and 9.2.6).
 */
export class EventReader {
  readonly #scan: MessageScan | undefined;
  #lf = NOT_SEARCHED;
  #cr = NOT_SEARCHED;
  /** The last byte was a CR: an LF after it belongs to the same line end. */
  #afterCr = false;
  #isFirstLine = true;
  // Of the line.
  #lineIsEmpty = true;
  #code = 0;
  /** The colon has come. */
  #named = false;
  /** A space right after the colon is no part of the value. */
  #afterColon = false;
  #valueBytes = 0;
  #valueHasNul = false;
  // Of the event.
  #begun = false;
  #ended = false;
  #dataLines = 0;
  #type = '';
  #namesId: boolean | undefined;
  // Of the stream.
  #resumable = false;
  #from = 0;
  #blankFrom = 0;

  /** @param scan gets the data of each event, and is reset when the next one begins; undefined: the data is not looked at */
  constructor(scan?: MessageScan) {
    this.#scan = scan;
  }

  /** In the piece that is read: where the event begins that has just ended, or else what has not ended: an event or a line. */
  get from(): number {
    return this.#from;
  }

  /** In the piece that is read: where the blank line begins that has ended the event. */
  get blankFrom(): number {
    return this.#blankFrom;
  }

  /** An event has begun, and not ended. */
  get isWithinEvent(): boolean {
    if (this.#ended) return false;
    return this.#begun || !(this.#lineIsEmpty || (this.#named && this.#code === FIELD.comment));
  }

  get isAtLineStart(): boolean {
    return this.#lineIsEmpty;
  }

  /** Clients of MCP take the event that has just ended, or would end here, for a message. */
  get isMessage(): boolean {
    return this.#dataLines > 0 && (this.#type === '' || this.#type === MESSAGE);
  }

  /** A client that has read all events so far holds an id to go on after. An empty id takes back the one before. */
  get resumable(): boolean {
    return this.#resumable;
  }

  /** Reads a piece, from its beginning or from where this has stopped in it. Returns where an event ends, or -1 at its end. */
  next(chunk: Buffer, from: number): number {
    if (from === 0) this.#lf = this.#cr = NOT_SEARCHED;
    if (this.#ended) this.#beginEvent();
    this.#from = from;
    let at = from;
    while (at < chunk.length) {
      if (this.#afterCr && chunk[at] === LF) {
        at++;
        this.#afterCr = false;
        if (!this.#begun) this.#from = at;
        continue;
      }
      const end = this.#findLineEnd(chunk, at);
      if (end > at) this.#readLine(chunk, at, end);
      this.#afterCr = chunk[end] === CR;
      if (end === chunk.length) break;
      at = end + 1;
      if (!this.#lineIsEmpty) this.#endLine();
      else if (this.#begun) {
        if (this.#afterCr && chunk[at] === LF) {
          at++;
          this.#afterCr = false;
        }
        this.#blankFrom = end;
        this.#endEvent();
        return at;
      }
      // What stands between events is over with its line.
      if (!this.#begun) this.#from = at;
    }
    return -1;
  }

  /** Of the piece, or where it ends before the line does. Each byte is searched once. */
  #findLineEnd(chunk: Buffer, at: number): number {
    if (this.#lf !== NOT_FOUND && this.#lf < at) this.#lf = chunk.indexOf(LF, at);
    if (this.#cr !== NOT_FOUND && this.#cr < at) this.#cr = chunk.indexOf(CR, at);
    if (this.#cr === NOT_FOUND) return this.#lf === NOT_FOUND ? chunk.length : this.#lf;
    return this.#lf === NOT_FOUND ? this.#cr : Math.min(this.#lf, this.#cr);
  }

  #readLine(chunk: Buffer, from: number, to: number): void {
    let at = from;
    if (this.#lineIsEmpty) {
      this.#named = false;
      this.#code = 0;
    }
    while (!this.#named && at < to) this.#readName(chunk[at++] ?? 0);
    if (at === to) return;
    if (this.#afterColon && chunk[at] === SPACE) at++;
    this.#afterColon = false;
    if (this.#code === FIELD.data) this.#scan?.push(chunk.subarray(at, to));
    else if (this.#code === FIELD.id) {
      this.#valueBytes += to - at;
      this.#valueHasNul ||= chunk.subarray(at, to).includes(0);
    } else if (this.#code === FIELD.event && this.#type.length <= MESSAGE.length) {
      this.#type += chunk.toString('latin1', at, Math.min(to, at + MESSAGE.length + 1));
    }
  }

  #readName(byte: number): void {
    this.#lineIsEmpty = false;
    if (byte === COLON) {
      this.#named = this.#afterColon = true;
      this.#beginValue();
    } else if (this.#code !== OTHER) {
      const code = this.#code * 256 + byte;
      this.#code = code >= MAX_CODE ? OTHER : code;
      if (code !== BYTE_ORDER_MARK || !this.#isFirstLine) return;
      this.#isFirstLine = false;
      this.#lineIsEmpty = true;
      this.#code = 0;
    }
  }

  #beginValue(): void {
    if (this.#code === FIELD.data) {
      if (++this.#dataLines > 1) this.#scan?.push(LINE_END);
    } else if (this.#code === FIELD.event) this.#type = '';
    else if (this.#code === FIELD.id) {
      this.#valueBytes = 0;
      this.#valueHasNul = false;
    }
  }

  #endLine(): void {
    this.#lineIsEmpty = true;
    this.#isFirstLine = false;
    if (this.#named && this.#code === FIELD.comment) return;
    // A name without a colon is a field with an empty value.
    if (!this.#named) this.#beginValue();
    this.#begun = true;
    if (this.#code === FIELD.id && !this.#valueHasNul) this.#namesId = this.#valueBytes > 0;
  }

  #endEvent(): void {
    this.#ended = true;
    this.#resumable = this.#namesId ?? this.#resumable;
  }

  #beginEvent(): void {
    this.#begun = this.#ended = false;
    this.#dataLines = 0;
    this.#type = '';
    this.#namesId = undefined;
    this.#scan?.reset();
  }
}

function codeOf(name: string): number {
  return Number(`0x${Buffer.from(name).toString('hex')}`);
}
