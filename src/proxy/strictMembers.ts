/** Members that decide what a message does: no other spelling of them may be there. */
const DECIDING = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'name', 'uri', 'ref', '_meta']);

/** Members of `params` whose own members decide something too. What else is in `params` is the tool's business. */
const DECIDING_OBJECTS = new Set(['_meta', 'notifications']);

/**
 * Tells whether every parser reads the same message in a valid JSON text: no member of it, of its `params` and of what in
 * `params` decides something is there twice, or in a second spelling. JSON leaves open which of two members counts (RFC 8259,
 * 4), and some parsers match names whatever their case.
 */
export function isReadOneWay(json: string): boolean {
  const scan = new Scan(json);
  return scan.value(0) === 'unambiguous';
}

type Verdict = 'unambiguous' | 'ambiguous';

class Scan {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  /** @param depth 0 a message or batch, 1 its `params`, 2 a deciding object in them, 3 anything else */
  value(depth: number): Verdict {
    const opening = this.#skipSpace();
    if (opening === '{' && depth < 3) return this.#object(depth);
    if (opening === '[' && depth === 0) return this.#batch();
    this.#skipValue();
    return 'unambiguous';
  }

  #object(depth: number): Verdict {
    const seen = new Set<string>();
    this.#at++;
    while (this.#skipSpace() !== '}') {
      if (this.#json[this.#at] === ',') {
        this.#at++;
        continue;
      }
      const name = this.#name();
      const folded = fold(name);
      if (seen.has(folded) || (name !== folded && DECIDING.has(folded))) return 'ambiguous';
      seen.add(folded);
      // The colon.
      this.#skipSpace();
      this.#at++;
      if (this.value(depthOf(name, folded, depth)) === 'ambiguous') return 'ambiguous';
    }
    this.#at++;
    return 'unambiguous';
  }

  #batch(): Verdict {
    this.#at++;
    while (this.#skipSpace() !== ']') {
      if (this.#json[this.#at] === ',') this.#at++;
      else if (this.value(0) === 'ambiguous') return 'ambiguous';
    }
    this.#at++;
    return 'unambiguous';
  }

  #name(): string {
    const from = this.#at;
    this.#skipString();
    const token = this.#json.slice(from, this.#at);
    return token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1);
  }

  #skipSpace(): string | undefined {
    while (this.#json.charCodeAt(this.#at) <= 0x20) this.#at++;
    return this.#json[this.#at];
  }

  #skipString(): void {
    for (;;) {
      const quote = this.#json.indexOf('"', this.#at + 1);
      let run = quote;
      while (this.#json[run - 1] === '\\') run--;
      this.#at = quote;
      if (((quote - run) & 1) === 0) break;
    }
    this.#at++;
  }

  /** Skips a value of any depth, without recursion: the text may be hostile. */
  #skipValue(): void {
    let open = 0;
    do {
      const next = this.#skipSpace();
      if (next === '"') this.#skipString();
      else if (next === '{' || next === '[') {
        open++;
        this.#at++;
      } else if (next === '}' || next === ']') {
        open--;
        this.#at++;
      } else if (next === ',' || next === ':') this.#at++;
      else this.#skipScalar();
    } while (open > 0);
  }

  #skipScalar(): void {
    // A number may have millions of digits. Its end is a space, a comma, a closing bracket or the end of the text (NaN).
    for (let code = this.#json.charCodeAt(this.#at); code > 0x20; code = this.#json.charCodeAt(++this.#at)) {
      if (code === 0x2c || code === 0x5d || code === 0x7d) return;
    }
  }
}

const NOT_ASCII = /[^\0-\x7f]/;

/** Folds a name as the most generous parser does: Go's takes the long s (U+017F) and the Kelvin sign (U+212A) along. */
function fold(name: string): string {
  const lower = name.toLowerCase();
  return NOT_ASCII.test(lower) ? lower.toUpperCase().toLowerCase() : lower;
}

function depthOf(name: string, folded: string, depth: number): number {
  if (depth === 0 && name === 'params') return 1;
  if (depth === 1 && DECIDING_OBJECTS.has(folded)) return 2;
  return 3;
}
