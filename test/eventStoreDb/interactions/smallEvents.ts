import { readForwards, type Interaction, type Scene } from './interaction.ts';

/** Events that are larger than 1,000 bytes, or not, by these figures. */
function append(name: string, sizes: readonly number[], how: 'append' | 'batch'): Interaction {
  return {
    name: `${how}: ${name}`,
    async play(scene: Scene) {
      const { raw, stream, ids } = scene;
      const events = sizes.map((size, index) => ({ id: ids[index]!, type: 'T', data: 'x'.repeat(size) }));
      const spec = { stream, expected: 'any' as const, events };
      const answer = how === 'append' ? raw.append(spec) : raw.batch([{ ...spec, correlation: ids[7]! }]);
      return [await answer, await readForwards(scene)];
    },
  };
}

export const SMALL_EVENTS: readonly Interaction[] = (['append', 'batch'] as const).flatMap((how) => [
  append('a small event', [500], how),
  append('one as large as it may be', [998], how),
  append('one byte more', [999], how),
  append('several that are large together', [600, 600], how),
  append('one large event among small ones', [10, 1_500, 10], how),
]);
