import { displayWidth } from '../../../output/width.ts';

/** Breaks escaped text into lines of at most `width` columns: at spaces, and inside words that are longer. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(1, width - displayWidth(indent));
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    // A line may begin with spaces, which are words without letters.
    let line: string | undefined;
    for (const word of paragraph.split(' ').flatMap((each) => pieces(each, room))) {
      const longer = line === undefined ? word : `${line} ${word}`;
      if (displayWidth(longer) <= room) line = longer;
      else {
        if (line !== undefined) lines.push(line);
        line = word;
      }
    }
    lines.push(line ?? '');
  }
  return lines.map((line, at) => (at === 0 ? line : indent + line));
}

function pieces(word: string, room: number): string[] {
  if (displayWidth(word) <= room) return [word];
  const found: string[] = [];
  let piece = '';
  for (const character of word) {
    if (displayWidth(piece + character) > room) {
      found.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...found, piece];
}
