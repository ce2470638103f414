import { displayWidth } from '../../../output/width.ts';

/** Breaks escaped text into lines of at most `width` columns: at spaces, and inside words that are longer. A line's own indentation stays. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(1, width - displayWidth(indent));
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const own = (/^ */.exec(paragraph)?.[0] ?? '').slice(0, Math.floor(room / 2));
    const rest = Math.max(1, room - own.length);
    let line: string | undefined;
    for (const word of paragraph
      .slice(own.length)
      .split(' ')
      .flatMap((each) => pieces(each, rest))) {
      const longer = line === undefined ? word : `${line} ${word}`;
      if (displayWidth(longer) <= rest) line = longer;
      else {
        if (line !== undefined) lines.push(own + line);
        line = word;
      }
    }
    lines.push(own + (line ?? ''));
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
