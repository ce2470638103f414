import { setTimeout as delay } from 'node:timers/promises';
import { createAdministrator, type Step } from './administrator.ts';
import type { FaultyStore } from './faultyStore.ts';
import { openInstallation } from './installation.ts';
import { openJournal } from './journal.ts';
import { startJudge } from './judge.ts';
import { startWaitingCaller, type WaitingCaller } from './waitingCaller.ts';
import { phasesOf, type Phase } from './phases.ts';
import { checkAtRest } from './quietPoint.ts';
import { randomOf } from './random.ts';

/** How long a phase waits for calls; a fault before may keep some from the gateways. */
const UNDER_WAY_MS = 5_000;

export interface RoundOptions {
  readonly seed: number;
  readonly replicas: number;
  /** Faults, one after the other, with a look at everything after each. */
  readonly phases: number;
  readonly store: () => Promise<FaultyStore>;
  /** What goes wrong. (Default: everything that can go wrong with the store) */
  readonly kinds?: (store: FaultyStore) => readonly Phase[];
}

export interface RoundReport {
  readonly violations: readonly string[];
  /** What has happened. */
  readonly text: string;
  /** Calls under way that a confirmed revocation ended. */
  readonly ended: number;
  /** The command that does it again. */
  readonly repeat: string;
}

/** Administrators at the same time. */
const ADMINISTRATORS = ['ann', 'bob'];

/** Runs one installation through random faults. */
export async function runRound({
  seed,
  replicas,
  phases,
  store: openStore,
  kinds = phasesOf,
}: RoundOptions): Promise<RoundReport> {
  const journal = openJournal();
  const random = randomOf(seed);
  const repeat = `FAULTS_SEED=${seed} FAULTS_PHASES=${phases} npx vitest run test/faults`;
  try {
    await using opened = new AsyncDisposableStack();
    const store = opened.use(await openStore());
    const installation = opened.use(await openInstallation(store, { replicas, journal }));
    const administrators = ADMINISTRATORS.map((name) => createAdministrator(installation, name, random.fork(name)));
    const callers: WaitingCaller[] = [];
    for (const replica of installation.replicas) {
      opened.use(startJudge(installation, replica, random.fork(`judge ${replica.name}`)));
      callers.push(opened.use(startWaitingCaller(installation, replica, random.fork(`caller ${replica.name}`))));
    }
    /** So many commands of each administrator, all at the same time. */
    const administrate = async (steps: number, kind?: Step): Promise<void> => {
      await Promise.all(
        administrators.map(async ({ step }) => {
          for (let done = 0; done < steps; done += 1) await step(kind);
        }),
      );
    };
    const callsUnderWay = async (): Promise<void> => {
      const until = performance.now() + UNDER_WAY_MS;
      while (!callers.every(({ isReady }) => isReady) && performance.now() < until) await delay(50);
    };
    await administrate(4);
    const choices = random.fork('phases');
    let deck: Phase[] = [];
    for (let number = 1; number <= phases && journal.violations.length === 0; number += 1) {
      // Each kind comes once before one comes again.
      if (deck.length === 0) deck = [...kinds(store)];
      const [phase] = deck.splice(choices.below(deck.length), 1) as [Phase];
      journal.note(`phase ${number}: ${phase.name}`);
      await phase.run({ installation, administrate, callsUnderWay, random: choices });
      await checkAtRest(installation, String(number));
    }
    const ended = callers.reduce((sum, caller) => sum + caller.ended, 0);
    journal.note(`${ended} calls were ended by revocations`);
    return { violations: journal.violations, text: journal.text, repeat, ended };
  } catch (error) {
    journal.violation(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return { violations: journal.violations, text: journal.text, repeat, ended: 0 };
}
