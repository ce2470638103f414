import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startEventStoreCluster } from '../support/eventStoreCluster.ts';
import { realServerCommand } from '../support/eventStoreServer.ts';

const PROCESS = fileURLToPath(new URL('../support/eventStoreOutageProcess.ts', import.meta.url));
const KINDS = ['append', 'read', 'end', 'check', 'follow'] as const;
const line = z.object({ what: z.enum(KINDS), code: z.string().optional(), revision: z.number().optional() });

/** What a process that uses the cluster without pause has seen. */
interface Witness extends AsyncDisposable {
  /** The last revision acknowledged, and the last one that its subscription has brought. */
  readonly acknowledged: number;
  readonly followed: number;
  /** How many calls of each kind succeeded, and how many failed by which code. */
  readonly succeeded: Record<string, number>;
  readonly failed: Record<string, number>;
  readonly exitCode: number | null;
  readonly stderr: string;
}

function startWitness(url: string): Witness {
  const child = spawn(process.execPath, [PROCESS, url], { stdio: ['ignore', 'pipe', 'pipe'] });
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
async function recovers(witness: Witness): Promise<void> {
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

/** What may fail while there is no leader, and in no other way. */
const MAY_FAIL = /^(append|read|end|check): event-store-unavailable$|^append: append-outcome-unknown$/;

describe.skipIf(realServerCommand() === undefined)('a process that uses a real cluster', () => {
  test('outlives killed and frozen leaders and a quorum lost for long, and recovers by itself [events-none-lost]', async () => {
    await using cluster = await startEventStoreCluster();
    await using witness = startWitness(cluster.url);
    await recovers(witness);

    const killed = await cluster.leader();
    await killed.kill();
    await recovers(witness);
    await killed.start();

    const frozen = await cluster.leader();
    frozen.freeze();
    await recovers(witness);
    frozen.thaw();
    await recovers(witness);

    const leader = await cluster.leader();
    const lost = [leader, cluster.nodes.find((node) => node !== leader)!];
    await Promise.all(lost.map((node) => node.kill()));
    // Each of these waits for 15 s: two of each are half a minute without a quorum.
    const failures = (what: string): number =>
      Object.entries(witness.failed).reduce((sum, [key, count]) => sum + (key.startsWith(what) ? count : 0), 0);
    const before = Object.fromEntries(['append', 'read', 'end', 'check'].map((what) => [what, failures(what)]));
    await expect
      .poll(() => Object.entries(before).filter(([what, count]) => failures(what) < count + 2), { timeout: 120_000 })
      .toEqual([]);
    expect(witness.exitCode).toBeNull();
    await Promise.all(lost.map((node) => node.start()));
    await recovers(witness);

    expect(Object.keys(witness.failed).filter((each) => !MAY_FAIL.test(each))).toEqual([]);
    // One line a stretch without the store, not one a try.
    expect(witness.stderr.split('\n').filter((each) => each !== '').length).toBeLessThan(20);
  }, 400_000);
});
