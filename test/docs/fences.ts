import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** A fenced block of a document. */
export interface Fence {
  /** From the checkout on. */
  readonly file: string;
  /** Empty: it has none. */
  readonly kind: string;
  readonly text: string;
}

/** The documents of the checkout that people read. Those of decisions have no blocks. */
export function documents(): string[] {
  const folders = ['', 'docs/', 'docs/adr/', 'docs/ops/', 'deploy/', ...foldersIn('examples/')];
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT))
      .filter((name) => name.endsWith('.md'))
      .map((name) => folder + name),
  );
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(new URL(folder, ROOT), { withFileTypes: true });
  return [folder, ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}${name}/`)];
}

/** The fenced blocks of a document, in their order. A block in a list is indented. */
export function fencesOf(file: string): Fence[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  const found = text.matchAll(/^(?<indent> *)```(?<kind>\S*)\n(?<block>.*?)^\k<indent>```$/gms);
  return [...found].map(({ groups: { indent = '', kind = '', block = '' } = {} }) => ({
    file,
    kind,
    text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The commands of a block of the kinds sh, bash or console, one an entry, without their comments. */
export function commandsIn({ kind, text }: Fence): string[] {
  const lines = text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('# '));
  return kind === 'console' ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)) : lines;
}
