import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

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

/** Reads all migrations, in the order in which they are applied. At once: a command of the CLI would wait four times as long for them. */
export function readMigrations(): MigrationFile[] {
  const names = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name) => {
    const text = readFileSync(new URL(name, MIGRATIONS), 'utf8');
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
  });
}
