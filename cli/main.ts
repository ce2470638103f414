import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Compiled, it stands in a package.
const clone = import.meta.filename.endsWith('.ts') ? dirname(import.meta.dirname) : undefined;

// Where the launcher has not done it already. It halves the time that a command takes to start.
const launchers = join(clone ?? dirname(dirname(import.meta.dirname)), 'bin', 'compileCache.cjs');
(createRequire(import.meta.url)(launchers) as () => void)();

const [{ runCli }, { programNameOf, programWordsOf }, { endProcess }] = await Promise.all([
  import('./run.ts'),
  import('./programName.ts'),
  import('../src/endProcess.ts'),
]);

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
