import type { ParkedUpstream, Upstream } from '../../../src/upstream/upstream.ts';

/** Counts how often an Upstream is parked, also when it was resumed. */
export function counted(upstream: Upstream, onPark: () => void): Upstream {
  const park = upstream.park?.bind(upstream);
  if (park === undefined) throw new Error('it can be parked');
  return Object.assign(upstream, {
    park(): ParkedUpstream {
      onPark();
      const parked = park();
      return {
        resume: () => counted(parked.resume(), onPark),
        [Symbol.asyncDispose]: () => parked[Symbol.asyncDispose](),
      };
    },
  });
}
