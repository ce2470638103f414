import { STEP_CHARACTERS, type Steps } from '../slices.ts';
import { isShort, writeSteps, type JsonForm } from './jsonWriting.ts';
import { stringifyLossless } from './losslessJson.ts';

const LOSSLESS: JsonForm<undefined> = {
  // eslint-disable-next-line require-yield -- it is one step
  *namesOf(object) {
    return Object.keys(object).filter((name) => object[name] !== undefined);
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
