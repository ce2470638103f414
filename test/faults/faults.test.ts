import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { realServerCommand } from '../support/eventStoreServer.ts';
import { DATABASE_PHASES } from './databaseFaults.ts';
import { openFaultyCluster, openFaultyStore } from './faultyStore.ts';
import { canMount, openStoreOnSmallDisk } from './fullDisk.ts';
import { runRound } from './round.ts';

// Random administration through everything that breaks, checked against how its commands ended and against a replay. Longer, or
// again: FAULTS_SEED=… FAULTS_ROUNDS=… FAULTS_PHASES=… npx vitest run test/faults; FAULTS_SHOW=1 tells all as it happens.

const ROUND_MS = 600_000;

const seed = process.env['FAULTS_SEED'] === undefined ? randomInt(1_000_000) : Number(process.env['FAULTS_SEED']);
const rounds = Number(process.env['FAULTS_ROUNDS'] ?? '1');
/** Faults in a round: FAULTS_PHASES, or so many. */
const phases = (few: number): number => Number(process.env['FAULTS_PHASES'] ?? few);
const seeds = Array.from({ length: rounds }, (_, round) => seed + round);

process.stderr.write(`test/faults: FAULTS_SEED=${seed} FAULTS_ROUNDS=${rounds}\n`);
if (realServerCommand() === undefined) {
  process.stderr.write(
    'test/faults: TEST_EVENT_STORE_SERVER is not set: kills, cuts, deletions and strangers on the wire server; left out: ' +
      'a frozen server, an older backup, a scavenge, a full disk, elections and a lost quorum\n',
  );
}

const isReal = realServerCommand() !== undefined;
const hasSmallDisk = isReal && (await canMount());
if (isReal && !hasSmallDisk)
  process.stderr.write('test/faults: this user may not mount a disk; left out: a full one\n');

async function expectNoViolation(round: ReturnType<typeof runRound>): Promise<void> {
  const { violations, text, repeat } = await round;
  expect(violations, `${text}\nAgain: ${repeat}`).toEqual([]);
}

describe('whatever breaks, nothing acknowledged is lost and nobody is let in after a confirmed revocation', () => {
  it.each(seeds)(
    'with one server (seed %d) [ops-random-faults]',
    async (each) =>
      expectNoViolation(
        runRound({
          seed: each,
          replicas: 2,
          phases: phases(2),
          store: openFaultyStore,
        }),
      ),
    ROUND_MS,
  );

  it.each(seeds)(
    'with networks to PostgreSQL that fail (seed %d) [ops-random-faults]',
    async (each) => {
      const round = runRound({
        ...{ seed: each, replicas: 2, phases: phases(3) },
        store: openFaultyStore,
        kinds: () => DATABASE_PHASES,
      });
      await expectNoViolation(round);
      // Else nothing was under way when it was revoked, and the run has shown nothing of that.
      expect((await round).ended).toBeGreaterThan(0);
    },
    ROUND_MS,
  );

  it.skipIf(!hasSmallDisk).each(seeds)(
    'on a disk that fills (seed %d) [ops-random-faults]',
    async (each) => expectNoViolation(runRound({ seed: each, replicas: 1, phases: 1, store: openStoreOnSmallDisk })),
    ROUND_MS,
  );

  it.skipIf(!isReal).each(seeds)(
    'with three nodes (seed %d) [ops-random-faults]',
    async (each) =>
      expectNoViolation(runRound({ seed: each, replicas: 1, phases: phases(2), store: openFaultyCluster })),
    ROUND_MS,
  );
});
