import { events, readForwards, threeEvents, type Interaction } from './interaction.ts';
import type { AppendSpec } from '../../support/eventStoreDb/raw/requests.ts';

const MIB = 1_048_576;
const BIG_REVISIONS = 'it counts revisions as JavaScript numbers, which are exact up to 2^53';
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** An append to the three events of a stream, and what is there afterwards. */
function toThree(name: string, spec: Omit<AppendSpec, 'events'>, ...which: readonly number[]): Interaction {
  return {
    name: `append to three events: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      const answer = await scene.raw.append({ stream: scene.stream, ...spec, events: events(scene, ...which) });
      return [answer, await readForwards(scene)];
    },
  };
}

/** An append to a stream that is not there. */
function toNone(name: string, spec: AppendSpec | ((ids: readonly string[]) => AppendSpec)): Interaction {
  return {
    name: `append to no stream: ${name}`,
    async play(scene) {
      const given = typeof spec === 'function' ? spec(scene.ids) : spec;
      const answer = await scene.raw.append({ stream: scene.stream, events: events(scene, 0, 1), ...given });
      return [answer, await readForwards(scene)];
    },
  };
}

export const APPENDS: readonly Interaction[] = [
  toNone('expects none', { expected: 'no-stream' }),
  toNone('expects anything', { expected: 'any' }),
  toNone('expects one', { expected: 'stream-exists' }),
  toNone('expects a revision', { expected: 0 }),
  toNone('no events', { expected: 'no-stream', events: [] }),
  toNone('expects nothing at all', {}),
  toNone('an empty id', { expected: 'any', events: [{ id: NO_ID }] }),
  toNone('no type', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, type: 'ABSENT' }] })),
  toNone('an empty type', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, type: '' }] })),
  toNone('no content type', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, contentType: 'ABSENT' }] })),
  toNone('a strange content type', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, contentType: 'text/x' }] })),
  toNone('JSON that is none', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, data: '{{' }] })),
  toNone('too large', (ids) => ({ expected: 'any', events: [{ id: ids[0]!, data: 'x'.repeat(MIB) }] })),
  toNone('one id twice', (ids) => ({ expected: 'any', events: [{ id: ids[0]! }, { id: ids[0]! }] })),
  toNone('an empty name', { stream: '', expected: 'any' }),
  toNone('the name $$', { stream: '$$', expected: 'any' }),
  toNone('metadata of metadata', { stream: '$$$$x', expected: 'any' }),
  toThree('expects their last', { expected: 2 }, 3, 4),
  toThree('expects anything', { expected: 'any' }, 3),
  toThree('expects a stream', { expected: 'stream-exists' }, 3),
  toThree('expects none', { expected: 'no-stream' }, 3),
  toThree('expects an older one', { expected: 1 }, 3),
  toThree('expects one to come', { expected: 3 }, 3),
  toThree('expects 2^53', { expected: 2n ** 53n }, 3),
  { ...toThree('expects 2^63 - 1', { expected: 2n ** 63n - 1n }, 3), differsBecause: BIG_REVISIONS },
  { ...toThree('expects 2^64 - 1', { expected: 2n ** 64n - 1n }, 3), differsBecause: BIG_REVISIONS },
  toThree('no events', { expected: 2 }),
  toThree('no events, expects an older one', { expected: 1 }),
  toThree('no events, expects none', { expected: 'no-stream' }),
  toThree('a repetition', { expected: 'no-stream' }, 0, 1, 2),
  toThree('a repetition of the first', { expected: 'no-stream' }, 0, 1),
  toThree('a repetition of the last', { expected: 0 }, 1, 2),
  toThree('a repetition that goes on', { expected: 1 }, 2, 3),
  toThree('a repetition in another order', { expected: 'no-stream' }, 1, 0),
  toThree('a repetition that expects anything', { expected: 'any' }, 0, 1, 2),
  toThree('a repetition that expects anything and goes on', { expected: 'any' }, 2, 3),
  toThree('a repetition that expects a stream', { expected: 'stream-exists' }, 2),
  {
    name: 'append: without options',
    play: ({ raw, ids }) => raw.append({ events: [{ id: ids[0]! }] }),
  },
  {
    name: 'append: without a message',
    play: ({ raw }) => raw.append({}),
  },
  {
    name: 'append: a repetition at the same time',
    async play(scene) {
      const spec = { stream: scene.stream, expected: 'no-stream' as const, events: events(scene, 0, 1) };
      const both = await Promise.all([scene.raw.append(spec), scene.raw.append(spec)]);
      // Which of them is the first is for the network to decide.
      const answers = both.toSorted((a, b) => b.messages.length - a.messages.length);
      return [answers, await scene.raw.append(spec), await readForwards(scene)];
    },
  },
];
