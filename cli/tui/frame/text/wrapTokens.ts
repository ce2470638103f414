import { displayWidth, truncate } from '../../../output/width.ts';

/** A word, or what stands in quotes. */
const TOKEN = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']|["'])+/g;

/**
 * Breaks a snippet of code into lines, at spaces outside of quotes. A token that is longer than a line is cut: two halves of a
 * URL or header would be taken for two by whoever copies them. A line's own indentation stays.
 * @param continued what a line ends with that goes on in the next one (Default: nothing)
 */
export function wrapTokens(text: string, width: number, continued = ''): string[] {
  return text.split('\n').flatMap((line) => {
    const own = (/^ */.exec(line)?.[0] ?? '').slice(0, Math.floor(width / 2));
    const room = Math.max(1, width - own.length - continued.length);
    const lines: string[] = [];
    let last: string | undefined;
    for (const [token] of line.matchAll(TOKEN)) {
      const longer = last === undefined ? token : `${last} ${token}`;
      if (displayWidth(longer) <= room) {
        last = longer;
        continue;
      }
      if (last !== undefined) lines.push(own + last + continued);
      last = truncate(token, room);
    }
    return [...lines, own + (last ?? '')];
  });
}
