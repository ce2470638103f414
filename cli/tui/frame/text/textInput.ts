/** A line that is being typed. `at` counts characters before the cursor. */
export interface TextInput {
  readonly text: string;
  readonly at: number;
}

/** Makes a line with the cursor at its end. */
export function textInput(text = ''): TextInput {
  return { text, at: [...text].length };
}

/** Types into a line. @returns undefined when the keystroke means nothing to a line */
export function typeInto({ text, at }: TextInput, keystroke: string): TextInput | undefined {
  const characters = [...text];
  const put = (next: readonly string[], cursor: number): TextInput => ({
    text: next.join(''),
    at: Math.min(Math.max(0, cursor), next.length),
  });
  switch (keystroke) {
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
      return isPrintable(keystroke) ? put(characters.toSpliced(at, 0, keystroke), at + 1) : undefined;
  }
}

/** Puts a pasted text into a line; line ends become spaces. */
export function pasteInto({ text, at }: TextInput, pasted: string): TextInput {
  return insert({ text, at }, pasted.trim().replace(/\s*[\r\n]+\s*/g, ' '));
}

/** Puts a pasted text into a text of several lines. A terminal writes their ends as CR; a line copied with its end is one line. */
export function pasteLinesInto({ text, at }: TextInput, pasted: string): TextInput {
  const lines = pasted.replace(/\r\n?/g, '\n');
  return insert({ text, at }, lines.indexOf('\n') === lines.length - 1 ? lines.slice(0, -1) : lines);
}

// Not by splicing, whose arguments are too many for the stack when a long text is pasted.
function insert({ text, at }: TextInput, added: string): TextInput {
  const characters = [...text];
  const before = characters.slice(0, at).join('');
  return { text: before + added + characters.slice(at).join(''), at: at + [...added].length };
}

/** Moves the cursor to the line above (-1) or below (1). @returns undefined where there is none */
export function toLine({ text, at }: TextInput, step: -1 | 1): TextInput | undefined {
  const characters = [...text];
  const start = characters.lastIndexOf('\n', at - 1) + 1;
  if (step === -1) {
    if (at === 0 || start === 0) return undefined;
    const above = start < 2 ? 0 : characters.lastIndexOf('\n', start - 2) + 1;
    return { text, at: Math.min(above + at - start, start - 1) };
  }
  const end = characters.indexOf('\n', at);
  if (end === -1) return undefined;
  const next = characters.indexOf('\n', end + 1);
  return { text, at: Math.min(end + 1 + at - start, next === -1 ? characters.length : next) };
}

/** A keystroke is named by what it prints, or by a word of several letters. */
function isPrintable(keystroke: string): boolean {
  return keystroke === ' ' || ([...keystroke].length === 1 && !/\p{C}/u.test(keystroke));
}
