import { readFileSync } from 'node:fs';

/** A block of commands of a document. */
export interface ShellBlock {
  /** The heading above it, without its marks. */
  readonly heading: string;
  readonly kind: string;
  readonly text: string;
}

/** The `sh` and `console` blocks of a document, in their order. */
export function shellBlocksOf(file: URL): ShellBlock[] {
  const text = readFileSync(file, 'utf8');
  // A block in a list is indented.
  const found = text.matchAll(
    /^#+ (?<heading>[^\n]*)$|^(?<indent> *)```(?<kind>sh|console)\n(?<block>.*?)^\k<indent>```$/gms,
  );
  const blocks: ShellBlock[] = [];
  let heading = '';
  for (const { groups: { heading: title, indent = '', kind, block = '' } = {} } of found) {
    if (title !== undefined) heading = title;
    if (kind !== undefined) blocks.push({ heading, kind, text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), '') });
  }
  return blocks;
}

/** The commands of a document's `sh` and `console` blocks, one an entry; of a console block, those after the prompt. */
export function commandsOf(file: URL): string[] {
  return shellBlocksOf(file).flatMap(({ kind, text }) => {
    const lines = text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.trimStart())
      .filter((line) => line !== '');
    return kind === 'sh' ? lines : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  });
}
