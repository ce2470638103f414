import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from './composeFile.ts';

const NAME = 'MALLOC_MMAP_THRESHOLD_';
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const inUnit = new RegExp(`^Environment=${NAME}=(\\d+)$`, 'm').exec(read('deploy/metamcp.service'))?.[1];
const inImage = new RegExp(`^ENV ${NAME}=(\\d+)$`, 'm').exec(read('Dockerfile'))?.[1];

/** It is a variable of glibc's allocator; others have none of its arenas. */
const hasGlibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

/** Hashes as keys are when they are shown first, in all threads of libuv. @returns by how many bytes the process has grown */
async function grownByHashing(env: Readonly<Record<string, string>>): Promise<number> {
  const argon = fileURLToPath(new URL('src/auth/argon.ts', ROOT));
  const program = `
    const { createArgon } = await import(${JSON.stringify(argon)});
    const { hash } = createArgon({ concurrency: 4 });
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 8 }, () => hash('secret')));
    console.log(process.memoryUsage.rss() - before);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env });
  return Number(stdout);
}

test.skipIf(!hasGlibc)(
  'a gateway of the unit and of the image gives back what hashing a key takes of memory [ops-memory-given-back]',
  async () => {
    expect(inUnit).toMatch(/^\d+$/);
    expect(inImage).toBe(inUnit);
    // Four threads that would keep 19 MiB each.
    expect(await grownByHashing({ [NAME]: inUnit ?? '' })).toBeLessThan(40 * 1024 ** 2);
  },
);
