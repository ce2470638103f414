import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** The folder of `NNNN_name.sql` files: beside the sources in a clone, and beside `dist` when installed. */
const MIGRATIONS = new URL(
  import.meta.url.endsWith('.ts') ? '../../migrations/' : '../../../migrations/',
  import.meta.url,
);

/** A migration as this program has it. */
export interface MigrationFile {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** Reads all migrations, in the order in which they are applied. */
export async function readMigrations(): Promise<MigrationFile[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, MIGRATIONS), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Whether exactly these migrations are applied. @param checksums of those that are, by name */
export function areApplied(files: readonly MigrationFile[], checksums: unknown): boolean {
  const applied = new Map(Object.entries(checksums ?? {}));
  return files.length === applied.size && files.every(({ name, checksum }) => applied.get(name) === checksum);
}
