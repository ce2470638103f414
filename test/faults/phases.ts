import type { Step } from './administrator.ts';
import type { FaultyStore } from './faultyStore.ts';
import type { Installation } from './installation.ts';
import { hidden, scavenged, tombstone } from './operators.ts';
import type { Random } from './random.ts';
import { beside, within } from './strangers.ts';
import { timeTravel } from './timeTravel.ts';

export interface PhaseInput {
  readonly installation: Installation;
  /** Waits until everything that is let in has a call under way at each gateway, within a bound. */
  readonly callsUnderWay: () => Promise<void>;
  /** So many commands of each administrator, all at the same time. */
  readonly administrate: (steps: number, kind?: Step) => Promise<void>;
  readonly random: Random;
}

/** One fault, with administration through it, after which everything must be well again. */
export interface Phase {
  readonly name: string;
  readonly run: (input: PhaseInput) => Promise<void>;
}

/** Everything that can go wrong with a store. */
export function phasesOf(store: FaultyStore): readonly Phase[] {
  const { takeSnapshot, scavenge, removeTombstones } = store;
  if (store.isOnlyDisturbed) return [disturbance(store)];
  return [
    disturbance(store),
    disturbance(store),
    disturbance(store),
    kill,
    beside,
    within,
    hidden,
    hidden,
    ...(removeTombstones === undefined ? [] : [tombstone(removeTombstones)]),
    ...(takeSnapshot === undefined ? [] : [timeTravel(takeSnapshot)]),
    ...(scavenge === undefined ? [] : [scavenged(scavenge)]),
  ];
}

/** A disturbance of the store, and now and then a gateway is killed meanwhile. */
function disturbance(store: FaultyStore): Phase {
  return {
    name: 'the store is disturbed',
    async run(input) {
      const { installation, random } = input;
      const chosen = random.pick(store.disturbances);
      const killed = random.chance(0.3) ? random.pick(installation.replicas) : undefined;
      installation.journal.note(`${chosen.name}${killed === undefined ? '' : `, and ${killed.name} is killed`}`);
      await meanwhile(input, (during) => chosen.run(() => (killed === undefined ? during() : killed.restart(during))));
    },
  };
}

const kill: Phase = {
  name: 'a gateway is killed',
  async run(input) {
    const replica = input.random.pick(input.installation.replicas);
    input.installation.journal.note(`${replica.name} is killed`);
    await meanwhile(input, (during) => replica.restart(during));
  },
};

/** Administrates before, while and after something goes on: when it begins, commands are under way. */
export async function meanwhile(
  { administrate, random }: PhaseInput,
  disturb: (during: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const underWay = administrate(1);
  const steps = 1 + random.below(3);
  await disturb(() => administrate(steps));
  await underWay;
  await administrate(1);
}
