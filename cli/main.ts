#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// In the user's own cache folder and not in the shared temporary one, where another user could plant compiled code.
// Before anything else is imported, or it would not be cached; where it can't be written, nothing happens.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'metamcp', 'compiled'));

const { runCli } = await import('./run.ts');

// Not process.exit(): what was written to a pipe must arrive.
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
});
