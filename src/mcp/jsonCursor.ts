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
    do {
      const next = this.skipSpace();
      if (next === '"') this.#skipString();
      else if (next === '{' || next === '[') {
        open++;
        this.at++;
      } else if (next === '}' || next === ']') {
        open--;
        this.at++;
      } else if (next === ',' || next === ':') this.at++;
      else this.#skipScalar();
    } while (open > 0);
  }

  #skipString(): void {
    for (;;) {
      const quote = this.json.indexOf('"', this.at + 1);
      let run = quote;
      while (this.json[run - 1] === '\\') run--;
      this.at = quote;
      if (((quote - run) & 1) === 0) break;
    }
    this.at++;
  }

  #skipScalar(): void {
    // A number may have millions of digits. Its end is a space, a comma, a closing bracket or the end of the text (NaN).
    for (let code = this.json.charCodeAt(this.at); code > 0x20; code = this.json.charCodeAt(++this.at)) {
      if (code === 0x2c || code === 0x5d || code === 0x7d) return;
    }
  }
}
