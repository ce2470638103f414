import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './composeFile.ts';

const LAUNCHER = fileURLToPath(new URL('bin/metamcp.cjs', ROOT));

/** Says which flags of V8 are set, and has V8 set them. */
const TELL = `data:text/javascript,${encodeURIComponent(
  `import v8 from 'node:v8';
   const set = v8.setFlagsFromString;
   v8.setFlagsFromString = (flag) => { console.error(flag); set(flag); };`,
)}`;

/** @returns what the launcher writes to stderr: the flags, and what V8 says of one that it does not know */
async function flagsOf(...args: readonly string[]): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', TELL, LAUNCHER, ...args]);
  return stderr.split('\n').filter((line) => line !== '');
}

it('a gateway has V8 inline more, by flags that V8 knows, and a command does not', async () => {
  expect(await flagsOf('--version')).toEqual([
    expect.stringMatching(/^--max-inlined-bytecode-size-small=\d+$/),
    expect.stringMatching(/^--max-inlined-bytecode-size-cumulative=\d+$/),
  ]);
  expect(await flagsOf('cli', '--version')).toEqual([]);
});
