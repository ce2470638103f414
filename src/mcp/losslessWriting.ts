import { STEP_CHARACTERS, type Steps } from '../slices.ts';
import { isShort, writeSteps, type JsonForm } from './jsonWriting.ts';
import { stringifyLossless } from './losslessJson.ts';

/** Members that are looked up in one step. */
const STEP_NAMES = 2_000;

const LOSSLESS: JsonForm<undefined> = {
  *namesOf(object) {
    // V8 gives the names of 150,000 members in one turn of 60 ms; the rest need not be in it.
    const names = Object.keys(object);
    const written: string[] = [];
    for (const [at, name] of names.entries()) {
      if (object[name] !== undefined) written.push(name);
      if ((at + 1) % STEP_NAMES === 0) yield;
    }
    return written;
  },
  writeScalar: (value) => stringifyLossless(value ?? null),
  member: (_name, value) => ({ value, place: undefined }),
};

/** As `stringifyLossless`, step by step. */
export function* stringifySteps(value: unknown): Steps<string> {
  if (isShort(value)) return stringifyLossless(value);
  const pieces: string[] = [];
  yield* writeSteps(value, undefined, LOSSLESS, (text) => pieces.push(text));
  return pieces.join('');
}

/** Writes each value, step by step. */
export function* stringifyEach(values: readonly unknown[]): Steps<readonly string[]> {
  const texts: string[] = [];
  let characters = 0;
  for (const value of values) {
    const text = yield* stringifySteps(value);
    texts.push(text);
    characters += text.length;
    if (characters < STEP_CHARACTERS) continue;
    characters = 0;
    yield;
  }
  return texts;
}
