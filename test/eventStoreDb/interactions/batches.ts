import type { BatchSpec } from '../../support/eventStoreDb/raw/rawClient.ts';
import { events, readForwards, threeEvents, type Interaction, type Scene } from './interaction.ts';

function batch(name: string, specs: (scene: Scene) => Partial<BatchSpec>[]): Interaction {
  return {
    name: `batch: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      const given = specs(scene).map((spec, index) => ({
        ...{ correlation: scene.ids[6 - index]!, stream: scene.stream, expected: 2, events: events(scene, 3, 4) },
        ...spec,
      }));
      return [await scene.raw.batch(given), await readForwards(scene)];
    },
  };
}

export const BATCHES: readonly Interaction[] = [
  batch('an append', () => [{}]),
  batch('in two parts', () => [{ chunks: 2 }]),
  batch('expects an older one', () => [{ expected: 1 }]),
  batch('expects none', () => [{ expected: 'no-stream' }]),
  batch('expects another stream', ({ stream }) => [{ stream: `${stream}-none`, expected: 'stream-exists' }]),
  batch('a repetition', (scene) => [{ expected: 'no-stream', events: events(scene, 0, 1, 2) }]),
  batch('no events', () => [{ events: [] }]),
  batch('too large', ({ ids }) => [{ events: [{ id: ids[3]!, data: 'x'.repeat(1_048_576) }] }]),
  batch('a deadline that has passed', () => [{ deadlineMs: -1_000 }]),
  batch('a deadline', () => [{ deadlineMs: 5_000 }]),
  batch('an empty name', () => [{ stream: '', expected: 'any' }]),
  batch('no type', ({ ids }) => [{ events: [{ id: ids[3]!, type: 'ABSENT' }] }]),
  batch('an empty type', ({ ids }) => [{ events: [{ id: ids[3]!, type: '' }] }]),
  batch('an empty id', () => [{ events: [{ id: '00000000-0000-0000-0000-000000000000' }] }]),
  {
    name: 'batch: to a stream that is deleted for good',
    async play(scene) {
      await threeEvents(scene);
      await scene.raw.remove(scene.stream, 'any', 'tombstone');
      const spec = { correlation: scene.ids[6]!, stream: scene.stream, expected: 2, events: events(scene, 3) };
      return scene.raw.batch([spec]);
    },
  },
];
