import { readFileSync } from 'node:fs';

/** The commands of a document's `sh` and `console` blocks, one an entry; of a console block, those after the prompt. */
export function commandsOf(file: URL): string[] {
  const text = readFileSync(file, 'utf8');
  // A block in a list is indented.
  const blocks = [...text.matchAll(/^( *)```(sh|console)\n(.*?)^\1```$/gms)];
  return blocks.flatMap(([, , kind, block = '']) => {
    const lines = block
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.trimStart())
      .filter((line) => line !== '');
    return kind === 'sh' ? lines : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  });
}
