import { events, readForwards, setMetadata, threeEvents, type Interaction, type Scene } from './interaction.ts';

type Act = (scene: Scene) => Promise<unknown>;

/** What follows each other on a stream with three events. */
function sequence(name: string, ...acts: readonly Act[]): Interaction {
  return {
    name: `delete: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      const answers: unknown[] = [];
      for (const act of acts) answers.push(await act(scene));
      return answers;
    },
  };
}

const softly: Act = ({ raw, stream }) => raw.remove(stream, 'any', 'soft');
const forGood: Act = ({ raw, stream }) => raw.remove(stream, 'any', 'tombstone');
const metadata: Act = ({ raw, stream }) => raw.read({ stream: `$$${stream}`, from: 'start', count: 10 });
const backwards: Act = ({ raw, stream }) => raw.read({ stream, from: 'end', backwards: true, count: 10 });
const inAll: Act = ({ raw, stream }) =>
  raw.read({ from: 'start', count: 100, filter: { regex: stream, unbounded: true } });
const subscribe: Act = ({ raw, stream }) => raw.read({ stream, from: 'start', subscribe: true }, caughtUp);
const append =
  (expected: 'any' | 'no-stream' | 'stream-exists' | number, ...which: readonly number[]): Act =>
  (scene) =>
    scene.raw.append({ stream: scene.stream, expected, events: events(scene, ...which) });
const clear: Act = (scene) => setMetadata(scene, '{}');

const caughtUp = (messages: readonly object[]): boolean =>
  messages.some((message) => 'caughtUp' in message && message.caughtUp !== undefined);

export const DELETIONS: readonly Interaction[] = [
  sequence('softly', softly, readForwards, backwards, metadata, inAll),
  sequence('softly, twice', softly, softly, metadata),
  sequence('softly, and a subscription', softly, subscribe),
  sequence('softly, and on', softly, append('any', 3), readForwards, metadata, inAll),
  sequence('softly, and anew', softly, append('no-stream', 3), readForwards, metadata),
  sequence('softly, and on from the revision', softly, append(2, 3), readForwards, metadata),
  sequence('softly, and a repetition', softly, append('no-stream', 0, 1, 2), readForwards),
  sequence('softly, and a stream is expected', softly, append('stream-exists', 3), readForwards),
  {
    ...sequence('softly, and an append of nothing', softly, append('any'), readForwards, metadata, inAll),
    differsBecause: 'a real server writes a record for an append of nothing, with a position of its own',
  },
  sequence('softly, and the metadata cleared once', softly, clear, readForwards, metadata, append(2, 3), readForwards),
  sequence(
    'softly, and the metadata cleared twice',
    softly,
    clear,
    (scene) =>
      scene.raw.append({
        stream: `$$${scene.stream}`,
        expected: 'any',
        events: [{ id: scene.ids[6]!, type: '$metadata', data: '{}' }],
      }),
    readForwards,
    metadata,
  ),
  sequence('softly, expecting the revision', ({ raw, stream }) => raw.remove(stream, 2, 'soft'), metadata),
  sequence('softly, expecting another', ({ raw, stream }) => raw.remove(stream, 1, 'soft'), readForwards),
  sequence('softly, expecting nothing at all', ({ raw, stream }) => raw.remove(stream, undefined, 'soft')),
  sequence('softly, what is not there', ({ raw, stream }) => raw.remove(`${stream}-none`, 'any', 'soft')),
  sequence('softly, what is not there, as expected', ({ raw, stream }) =>
    raw.remove(`${stream}-x`, 'no-stream', 'soft'),
  ),
  sequence('the metadata, softly', clear, ({ raw, stream }) => raw.remove(`$$${stream}`, 'any', 'soft'), metadata),
  sequence(
    'the metadata, for good',
    clear,
    ({ raw, stream }) => raw.remove(`$$${stream}`, 'any', 'tombstone'),
    metadata,
  ),
  sequence('for good', forGood, readForwards, backwards, metadata, inAll),
  sequence('for good, twice', forGood, forGood),
  sequence('for good, then softly', forGood, softly),
  sequence('for good, and on', forGood, append('any', 3), append(2, 3), append('no-stream', 0, 1, 2)),
  sequence('for good, and metadata', forGood, clear),
  sequence('for good, and a subscription', forGood, subscribe),
  sequence('for good, expecting another', ({ raw, stream }) => raw.remove(stream, 1, 'tombstone'), readForwards),
  sequence('for good, what is not there', ({ raw, stream }) => raw.remove(`${stream}-none`, 'any', 'tombstone')),
  sequence(
    'an empty name',
    ({ raw }) => raw.remove('', 'any', 'soft'),
    ({ raw }) => raw.remove('', 'any', 'tombstone'),
  ),
];
