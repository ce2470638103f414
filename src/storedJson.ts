// Reads JSON that this program has written itself: columns of jsonb, and files of the state folder. What comes from others is read by
// schemas (src/events, src/api). A schema would say as much here, but every command of the CLI would wait until zod is loaded.

/** What this program has stored is not as it was written. */
export class StrangeJson extends Error {
  override readonly name = 'StrangeJson';

  constructor(wanted: string) {
    super(`what is stored is not ${wanted}`);
  }
}

/** @throws StrangeJson */
export function objectIn(stored: unknown): Readonly<Record<string, unknown>> {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) throw new StrangeJson('an object');
  return stored as Readonly<Record<string, unknown>>;
}

/** @throws StrangeJson */
export function listIn(stored: unknown): readonly unknown[] {
  if (!Array.isArray(stored)) throw new StrangeJson('a list');
  return stored;
}

/** @throws StrangeJson */
export function textIn(stored: unknown): string {
  if (typeof stored !== 'string') throw new StrangeJson('a text');
  return stored;
}

/** @throws StrangeJson */
export function textsIn(stored: unknown): string[] {
  return listIn(stored).map(textIn);
}

/** @throws StrangeJson */
export function numberIn(stored: unknown): number {
  if (typeof stored !== 'number') throw new StrangeJson('a number');
  return stored;
}

/** Reads one of several words. @throws StrangeJson */
export function wordIn<Word extends string>(words: readonly Word[], stored: unknown): Word {
  const word = words.find((each) => each === stored);
  if (word === undefined) throw new StrangeJson(`one of ${words.join(', ')}`);
  return word;
}

/** Reads a member that may be absent. @throws what `read` throws */
export function optionalIn<Name extends string, Value>(
  object: Readonly<Record<string, unknown>>,
  name: Name,
  read: (stored: unknown) => Value,
): { readonly [Member in Name]?: Value } {
  const stored = object[name];
  return (stored === undefined ? {} : { [name]: read(stored) }) as { readonly [Member in Name]?: Value };
}

/** Reads what another version may have stored in another shape. @returns undefined where that is so */
export function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StrangeJson) return undefined;
    throw error;
  }
}
