import { GrowingBuffer } from './growingBuffer.ts';
import { STEP_CHARACTERS, type Steps } from './slices.ts';

/** Writes a text in UTF-8, step by step: its pieces, one behind the other. None of them ends within a character. */
export function* utf8Steps(texts: Iterable<string>): Steps<Buffer> {
  const bytes = new GrowingBuffer();
  let characters = 0;
  for (const text of texts) {
    for (let from = 0; from < text.length;) {
      const to = endOfPiece(text, from);
      bytes.add(Buffer.from(from === 0 && to === text.length ? text : text.slice(from, to)));
      characters += to - from;
      from = to;
      if (characters < STEP_CHARACTERS) continue;
      characters = 0;
      yield;
    }
  }
  return bytes.take();
}

/** Finds the end of a piece of a text that takes one step, and does not end within a character. */
export function endOfPiece(text: string, from: number): number {
  const to = Math.min(text.length, from + STEP_CHARACTERS);
  const code = text.charCodeAt(to - 1);
  return to < text.length && code >= 0xd800 && code <= 0xdbff ? to + 1 : to;
}
