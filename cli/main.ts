import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

// Before anything else is imported, or it would not be cached. It halves the time that a command takes to start.
const cacheFolder = userCacheFolder();
if (cacheFolder !== undefined) enableCompileCache(join(cacheFolder, 'metamcp', 'compiled'));

const [{ runCli }, { programNameOf, programWordsOf }, { endProcess }] = await Promise.all([
  import('./run.ts'),
  import('./programName.ts'),
  import('../src/endProcess.ts'),
]);

// Compiled, it stands in a package.
const clone = import.meta.filename.endsWith('.ts') ? dirname(import.meta.dirname) : undefined;
const started = { env: process.env, script: process.argv[1] ?? '', cwd: process.cwd(), clone };
const code = await runCli({
  argv: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: started.cwd,
  programName: programNameOf(started),
  programWords: programWordsOf(started),
});
await endProcess(code);

/** The user's own: in the shared temporary folder, Node's default, another user could plant compiled code. */
function userCacheFolder(): string | undefined {
  try {
    return process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  } catch {
    // A user id without a home, as in some containers.
    return undefined;
  }
}
