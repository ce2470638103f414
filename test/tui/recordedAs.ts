import { hostname, userInfo } from 'node:os';
import { ELSEWHERE } from './tuiWorld.ts';

/** Who does what a recording shows. */
const ANNA = 'anna@laptop';

export const BY_ANNA = { ...ELSEWHERE, actor: `cli:${ANNA}` };

/** Whoever records stays out of the picture. Spaces behind go as far as the other name is longer, so that columns stay. */
export function asAnna(screen: string): string {
  const author = `${userInfo().username}@${hostname()}`;
  return screen.split(author).reduce((before, after) => {
    const spaces = /^ */.exec(after)?.[0].length ?? 0;
    return `${before}${ANNA.padEnd(author.length + spaces)}${after.slice(spaces)}`;
  });
}
