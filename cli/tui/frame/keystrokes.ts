import type { Key } from 'ink';

/** The names of control characters, as they stand in the raw bytes of a burst of keystrokes. */
const CONTROL: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'esc',
};

const NAMED = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** Names the keystrokes of one input event: `a`, `enter`, `ctrl-d`, `shift-tab`. A fast typist's come several at once. */
export function keystrokesOf(input: string, key: Key): readonly string[] {
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  const named = NAMED.find(([flag]) => key[flag]);
  // Over a slow line an Esc and the keystroke after it come together, and look like one with Meta.
  if (named !== undefined) return key.meta ? ['esc', named[1]] : [named[1]];
  if (key.meta) return ['esc', ...keystrokesOf(input, { ...key, meta: false })];
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
  return [...input].flatMap((character) => {
    const name = CONTROL[character];
    if (name !== undefined) return [name];
    const code = character.charCodeAt(0);
    if (code < 0x20) return [`ctrl-${String.fromCharCode(code + 0x60)}`];
    return [character];
  });
}
