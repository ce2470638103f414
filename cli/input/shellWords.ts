/** What was typed of a command line. */
export interface TypedLine {
  /** The last one is the one under the cursor, perhaps empty. */
  readonly words: readonly string[];
  /** The quote that is open at the end. */
  readonly quote: '"' | "'" | undefined;
}

/** Splits what was typed so far as a shell would. */
export function readTypedLine(line: string): TypedLine {
  const words: string[] = [];
  let word = '';
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '\\' && escapes(line.charAt(at + 1), quote)) word += line.charAt((at += 1));
    else if (character === quote) quote = undefined;
    else if (quote !== undefined) word += character;
    else if (character === '"' || character === "'") quote = character;
    else if (!/\s/.test(character)) word += character;
    else if (word !== '' || /["']/.test(line.charAt(at - 1))) {
      words.push(word);
      word = '';
    }
  }
  return { words: [...words, word], quote };
}

/** The words of `readTypedLine`. */
export function shellWords(line: string): string[] {
  return [...readTypedLine(line).words];
}

/** Between double quotes a backslash stands for itself before most characters (POSIX, Shell Command Language, 2.2.3). */
function escapes(next: string, quote: TypedLine['quote']): boolean {
  return quote === undefined || (quote === '"' && /[$`"\\\n]/.test(next));
}
