/** A line that is being typed. `at` counts characters before the cursor. */
export interface TextInput {
  readonly text: string;
  readonly at: number;
}

/** Makes a line with the cursor at its end. */
export function textInput(text = ''): TextInput {
  return { text, at: [...text].length };
}

/** Types a key into a line. @returns undefined when the key means nothing to a line */
export function typeInto({ text, at }: TextInput, key: string): TextInput | undefined {
  const characters = [...text];
  const put = (next: readonly string[], cursor: number): TextInput => ({
    text: next.join(''),
    at: Math.min(Math.max(0, cursor), next.length),
  });
  switch (key) {
    case 'left':
      return put(characters, at - 1);
    case 'right':
      return put(characters, at + 1);
    case 'home':
    case 'ctrl-a':
      return put(characters, 0);
    case 'end':
    case 'ctrl-e':
      return put(characters, characters.length);
    case 'backspace':
      return at === 0 ? put(characters, 0) : put(characters.toSpliced(at - 1, 1), at - 1);
    case 'delete':
      return put(characters.toSpliced(at, 1), at);
    case 'ctrl-u':
      return put(characters.slice(at), 0);
    case 'ctrl-w': {
      const kept = characters
        .slice(0, at)
        .join('')
        .replace(/\S+\s*$/u, '');
      return put([...kept, ...characters.slice(at)], [...kept].length);
    }
    default:
      return isPrintable(key) ? put(characters.toSpliced(at, 0, key), at + 1) : undefined;
  }
}

/** Puts a pasted text into a line; line ends become spaces. */
export function pasteInto({ text, at }: TextInput, pasted: string): TextInput {
  const characters = [...text];
  const added = [...pasted.trim().replace(/\s*[\r\n]+\s*/g, ' ')];
  return { text: characters.toSpliced(at, 0, ...added).join(''), at: at + added.length };
}

/** Keys are named by what they print, or by a word of several letters. */
export function isPrintable(key: string): boolean {
  return key === ' ' || ([...key].length === 1 && !/\p{C}/u.test(key));
}
