import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { z } from 'zod';
import { PROGRAM_ENVIRONMENT } from './programEnvironment.ts';

const PROCESS = fileURLToPath(new URL('eventStoreOutageProcess.ts', import.meta.url));
const KINDS = ['append', 'read', 'end', 'check', 'follow'] as const;
const line = z.object({ what: z.enum(KINDS), code: z.string().optional(), revision: z.number().optional() });

/** What a process that uses the cluster without pause has seen. */
export interface Witness extends AsyncDisposable {
  /** The last revision acknowledged, and the last one that its subscription has brought. */
  readonly acknowledged: number;
  readonly followed: number;
  /** How many calls of each kind succeeded, and how many failed by which code. */
  readonly succeeded: Record<string, number>;
  readonly failed: Record<string, number>;
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Starts a process that uses the servers of `url` and goes on whatever happens to them. */
export function startWitness(url: string): Witness {
  const child = spawn(process.execPath, [PROCESS, url], {
    env: PROGRAM_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const succeeded: Record<string, number> = {};
  const failed: Record<string, number> = {};
  let acknowledged = -1;
  let followed = -1;
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { what, code, revision } = line.parse(JSON.parse(text));
    const [counts, key] = code === undefined ? [succeeded, what] : [failed, `${what}: ${code}`];
    counts[key] = (counts[key] ?? 0) + 1;
    if (what === 'append' && code === undefined) acknowledged = revision!;
    if (what === 'follow') followed = revision!;
  });
  return {
    succeeded,
    failed,
    get acknowledged() {
      return acknowledged;
    },
    get followed() {
      return followed;
    },
    get exitCode() {
      return child.exitCode;
    },
    get stderr() {
      return stderr;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Waits until each kind of call has succeeded some more, which it does by itself. */
export async function recovers(witness: Witness): Promise<void> {
  const before = { ...witness.succeeded };
  const at = witness.acknowledged;
  await expect
    .poll(
      () => {
        expect([witness.exitCode, witness.stderr.match(/Error:.*/g)]).toEqual([null, null]);
        return KINDS.filter((kind) => (witness.succeeded[kind] ?? 0) < (before[kind] ?? 0) + 5);
      },
      { timeout: 120_000, interval: 100 },
    )
    .toEqual([]);
  await expect.poll(() => witness.followed, { timeout: 60_000 }).toBeGreaterThan(at);
}

/** Waits until two more calls of each kind that waits for a leader have failed: each has waited for it in vain. */
export async function failsInVain(witness: Witness): Promise<void> {
  const failures = (what: string): number =>
    Object.entries(witness.failed).reduce((sum, [key, count]) => sum + (key.startsWith(what) ? count : 0), 0);
  const before = Object.fromEntries(['append', 'read', 'end', 'check'].map((what) => [what, failures(what)]));
  await expect
    .poll(() => Object.entries(before).filter(([what, count]) => failures(what) < count + 2), { timeout: 120_000 })
    .toEqual([]);
  expect(witness.exitCode).toBeNull();
}
