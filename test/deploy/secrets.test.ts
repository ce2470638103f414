import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from './composeFile.ts';

const SCRIPT = fileURLToPath(new URL('deploy/secrets.sh', ROOT));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metamcp secrets '));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('deploy/secrets.sh makes what is missing, once, for its owner alone', () => {
  const file = join(folder, '.env');
  writeFileSync(file, '#JWT_SECRET=\nPOSTGRES_PASSWORD=mine', { mode: 0o644 });
  execFileSync(SCRIPT, { cwd: folder });
  const made = readFileSync(file, 'utf8');
  expect(made).toMatch(
    /^#JWT_SECRET=\nPOSTGRES_PASSWORD=mine\nEVENT_STORE_PASSWORD=[0-9a-f]{64}\nJWT_SECRET=[\w+/]{43}=\nENCRYPTION_KEY=[\w+/]{43}=\n$/,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  execFileSync(SCRIPT, [file], { cwd: tmpdir() });
  expect(readFileSync(file, 'utf8')).toBe(made);
});
