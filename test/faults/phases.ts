import type { FaultyStore } from './faultyStore.ts';
import type { Installation } from './installation.ts';
import { hidden, scavenged, tombstone } from './operators.ts';
import type { Random } from './random.ts';
import { beside, within } from './strangers.ts';
import { timeTravel } from './timeTravel.ts';

export interface PhaseInput {
  readonly installation: Installation;
  /** So many commands of each administrator, all at the same time. */
  readonly administrate: (steps: number) => Promise<void>;
  readonly random: Random;
}

/** One fault, with administration through it, after which everything must be well again. */
export interface Phase {
  readonly name: string;
  readonly run: (input: PhaseInput) => Promise<void>;
}

/** Everything that can go wrong with a store. */
export function phasesOf(store: FaultyStore): readonly Phase[] {
  const { takeSnapshot, scavenge } = store;
  return [
    disturbances(store),
    disturbances(store),
    disturbances(store),
    beside,
    within,
    hidden,
    hidden,
    tombstone,
    ...(takeSnapshot === undefined ? [] : [timeTravel(takeSnapshot)]),
    ...(scavenge === undefined ? [] : [scavenged(scavenge)]),
  ];
}

/** One or two disturbances at the same time, gateways among them. */
function disturbances(store: FaultyStore): Phase {
  return {
    name: 'disturbances',
    async run({ installation, administrate, random }) {
      const { replicas, journal } = installation;
      const kills = replicas.map((replica) => ({
        name: `${replica.name} is killed`,
        run: (during: () => Promise<void>) => replica.restart(during),
      }));
      const possible = [...store.disturbances, ...kills];
      const first = random.pick(possible);
      const second = random.chance(0.3) ? random.pick(kills) : undefined;
      const during = () => administrate(1 + random.below(3));
      // Commands are under way when it begins.
      const underWay = administrate(1);
      journal.note(`${first.name}${second === undefined || second === first ? '' : `, and ${second.name}`}`);
      await first.run(() => (second === undefined || second === first ? during() : second.run(during)));
      await underWay;
      await administrate(1);
    },
  };
}
