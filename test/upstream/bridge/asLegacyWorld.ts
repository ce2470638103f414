import { asLegacy } from '../../../src/upstream/bridge/asLegacy.ts';
import type { UpstreamWorld } from '../../contract/upstreamWorld.ts';

/** Modern servers as legacy clients see them. */
export function asLegacyWorld(world: UpstreamWorld): UpstreamWorld {
  return {
    ...world,
    era: 'legacy',
    isBridged: true,
    async open(behaviour, { capabilities = {}, ...options } = {}) {
      const under = await world.open(behaviour, options);
      return { ...under, upstream: asLegacy(under.upstream, { capabilities }) };
    },
  };
}
