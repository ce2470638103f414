import { STEP_CHARACTERS, type Steps } from '../slices.ts';

/** One member of a JSON object, as a place in the text. */
export interface Member {
  readonly name: string;
  /** The name is written with escapes. That of a slash does not count: PHP writes every slash so. */
  readonly escaped: boolean;
  /** Of the name's opening quote. */
  readonly from: number;
}

/** Walks over a valid JSON text without building its values, and without recursion: the text may be hostile. */
export class JsonCursor {
  readonly json: string;
  at = 0;

  constructor(json: string) {
    this.json = json;
  }

  /** Moves to the next token and returns its first character. */
  skipSpace(): string | undefined {
    while (this.json.charCodeAt(this.at) <= 0x20) this.at++;
    return this.json[this.at];
  }

  /** Enters the object or array that begins here. */
  enter(): void {
    this.at++;
  }

  /** Moves to the value of the object's next member; leaves the object when there is none. */
  nextMember(): Member | undefined {
    if (!this.nextElement('}')) return undefined;
    const from = this.at;
    this.#skipString();
    const token = this.json.slice(from, this.at);
    const name = token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1);
    // The colon.
    this.skipSpace();
    this.at++;
    this.skipSpace();
    return { name, escaped: /\\[^/]/.test(token), from };
  }

  /** Moves to the next element; leaves the array (or object) when there is none. */
  nextElement(close: ']' | '}'): boolean {
    if (this.skipSpace() === ',') {
      this.at++;
      this.skipSpace();
    }
    if (this.json[this.at] !== close) return true;
    this.at++;
    return false;
  }

  /** Skips a value of any depth. */
  skipValue(): void {
    let open = 0;
    do open += this.#skipToken();
    while (open > 0);
  }

  /** As `skipValue`, step by step. */
  *skipSteps(): Steps<undefined> {
    let open = 0;
    let stepEnd = this.at + STEP_CHARACTERS;
    do {
      if (this.skipSpace() === '"') {
        // One text may have millions of escaped quotes.
        let end: number;
        for (end = this.#quoteBehind(this.at); !this.#isEndOfString(end); end = this.#quoteBehind(end)) {
          if (end < stepEnd) continue;
          stepEnd = end + STEP_CHARACTERS;
          yield;
        }
        this.at = end + 1;
      } else open += this.#skipToken();
      if (this.at < stepEnd) continue;
      stepEnd = this.at + STEP_CHARACTERS;
      yield;
    } while (open > 0);
    return undefined;
  }

  /** @returns by how much it changes the depth */
  #skipToken(): number {
    const next = this.skipSpace();
    if (next === '"') this.#skipString();
    else if (next === '{' || next === '[') {
      this.at++;
      return 1;
    } else if (next === '}' || next === ']') {
      this.at++;
      return -1;
    } else if (next === ',' || next === ':') this.at++;
    else this.#skipScalar();
    return 0;
  }

  #skipString(): void {
    let end = this.#quoteBehind(this.at);
    while (!this.#isEndOfString(end)) end = this.#quoteBehind(end);
    this.at = end + 1;
  }

  #quoteBehind(at: number): number {
    return this.json.indexOf('"', at + 1);
  }

  #isEndOfString(quote: number): boolean {
    let run = quote;
    while (this.json[run - 1] === '\\') run--;
    return ((quote - run) & 1) === 0;
  }

  #skipScalar(): void {
    // A number may have millions of digits. Its end is a space, a comma, a closing bracket or the end of the text (NaN).
    for (let code = this.json.charCodeAt(this.at); code > 0x20; code = this.json.charCodeAt(++this.at)) {
      if (code === 0x2c || code === 0x5d || code === 0x7d) return;
    }
  }
}
