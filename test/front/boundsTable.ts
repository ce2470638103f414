import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../docs/operating.md', import.meta.url);

/** The bounds of docs/operating.md, by what they are for. */
export function documentedBounds(): ReadonlyMap<string, readonly [bound: string, beyond: string]> {
  const [, section = ''] = readFileSync(DOCUMENT, 'utf8').split('## What a client may send, and how long it may take');
  const rows = (section.split('\n## ', 1)[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return new Map(
    rows.slice(2).map((row) => {
      const [, what = '', bound = '', beyond = ''] = row.split('|').map((cell) => cell.trim());
      return [what, [bound, beyond]];
    }),
  );
}
