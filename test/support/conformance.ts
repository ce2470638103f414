import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** The suite's program. */
export const SUITE = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist',
  'index.js',
);

/** What one scenario of the suite found. */
export interface Score {
  readonly passed: number;
  /** The ids of the checks that passed; several may have one. */
  readonly passedChecks: readonly string[];
  readonly failed: number;
  readonly warnings: number;
  /** What went wrong, check by check: the check's id, then why. */
  readonly findings: readonly string[];
}

export interface ConformanceReport {
  /** By scenario. */
  readonly scenarios: Map<string, Score>;
  /** 0 when every required scenario passed. */
  readonly exitCode: number | null;
  readonly output: string;
}

const checksSchema = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

/** The suite names a result folder `server-<scenario>-<time>`, the time in ISO 8601 with `-` for `:` and `.`. */
const RESULT_FOLDER = /^server-(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;

/** Runs the conformance suite's server scenarios of a revision against a URL. The URL's host must be a loopback one. */
export async function runConformance(url: string, revision: string): Promise<ConformanceReport> {
  return await runSuite(url, ['--requirements', revision]);
}

/**
 * Runs one server scenario of the conformance suite against a URL. @param revision undefined: the newest one that has it; those of
 * extensions belong to none
 */
export async function runScenario(url: string, scenario: string, revision?: string): Promise<ConformanceReport> {
  return await runSuite(url, ['--scenario', scenario, ...(revision === undefined ? [] : ['--spec-version', revision])]);
}

async function runSuite(url: string, which: readonly string[]): Promise<ConformanceReport> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-conformance-'));
  try {
    const args = [SUITE, 'server', '--url', url, ...which, '-o', folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      // Without an encoding to choose, `exit` carries the code, or null after a signal.
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { scenarios: await readScores(folder), exitCode, output: stdout + stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readScores(folder: string): Promise<Map<string, Score>> {
  const scores = new Map<string, Score>();
  for (const name of await readdir(folder)) {
    const scenario = RESULT_FOLDER.exec(name)?.groups?.['scenario'];
    if (scenario === undefined) continue;
    const checks = await readChecks(join(folder, name, 'checks.json'));
    const count = (status: string) => checks.filter((check) => check.status === status).length;
    scores.set(scenario, {
      passed: count('SUCCESS'),
      passedChecks: checks.filter(({ status }) => status === 'SUCCESS').map(({ id }) => id),
      failed: count('FAILURE'),
      warnings: count('WARNING'),
      findings: checks
        .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
        .map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
    });
  }
  return scores;
}

/** A scenario that could not run to its end leaves an empty folder: that is a failure of its own. */
async function readChecks(file: string): Promise<z.infer<typeof checksSchema>> {
  try {
    return checksSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    return [{ id: 'scenario', status: 'FAILURE', errorMessage: `left no results: ${String(cause)}` }];
  }
}
