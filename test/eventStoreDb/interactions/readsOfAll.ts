import type { ReadSpec } from '../../support/eventStoreDb/raw/requests.ts';
import { threeEvents, type Interaction, type Scene } from './interaction.ts';

const BEYOND = { commit: 2n ** 40n, prepare: 2n ** 40n };

/** A read of all events, after three were appended. */
function read(name: string, spec: ReadSpec | ((scene: Scene) => ReadSpec)): Interaction {
  return {
    name: `read all: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      return scene.raw.read({ count: 100, ...(typeof spec === 'function' ? spec(scene) : spec) });
    },
  };
}

/** A read of all events from the place of an event or near it. */
function fromPosition(name: string, offset: bigint, spec: ReadSpec): Interaction {
  return {
    name: `read all: ${name}`,
    async play(scene) {
      const commit = (await positionOfSecond(scene)) + offset;
      return scene.raw.read({
        ...{ count: 100, from: { commit, prepare: commit }, filter: { streams: [scene.stream], unbounded: true } },
        ...spec,
      });
    },
  };
}

/** Where the second of three events lies. */
async function positionOfSecond(scene: Scene): Promise<bigint> {
  await threeEvents(scene);
  const { messages } = await scene.raw.read({ stream: scene.stream, from: 1, count: 1 });
  const [message] = messages as { event: { event: { commitPosition: string } } }[];
  return BigInt(message!.event.event.commitPosition);
}

const end = { from: 'end', backwards: true } as const;

export const READS_OF_ALL: readonly Interaction[] = [
  read('by streams', ({ stream }) => ({ from: 'start', filter: { streams: [stream], unbounded: true } })),
  read('by streams, backwards', ({ stream }) => ({ ...end, filter: { streams: [stream], unbounded: true } })),
  read('by a window of 1', ({ stream }) => ({ from: 'start', filter: { streams: [stream], max: 1 } })),
  read('by an expression', ({ stream }) => ({ from: 'start', filter: { regex: `^${stream}$`, unbounded: true } })),
  read('by an expression that is none', { from: 'start', filter: { regex: '(', unbounded: true } }),
  read('by types', { ...end, count: 3, filter: { types: ['Test'], unbounded: true } }),
  read('a window of 0', { from: 'start', filter: { streams: ['same-'], max: 0 } }),
  read('no window', { from: 'start', filter: { streams: ['same-'] } }),
  {
    ...read('neither streams nor types', { from: 'start', filter: { unbounded: true } }),
    differsBecause: 'a real server repeats the message as JSON in its error; nobody reads that',
  },
  read('no filter option', { from: 'start', filter: 'none' }),
  read('three from the end', { ...end, count: 3 }),
  read('count 0', { from: 'start', count: 0 }),
  { name: 'read all: without a count', play: ({ raw }) => raw.read({ ...end }) },
  read('without a place to begin', { count: 1, filter: { streams: ['no-such-'], unbounded: true } }),
  read('forwards from the end', { from: 'end' }),
  read('forwards from beyond the end', { from: BEYOND }),
  read('backwards from beyond the end', { from: BEYOND, backwards: true }),
  read('backwards from beyond the end, filtered', ({ stream }) => ({
    ...{ from: BEYOND, backwards: true, filter: { streams: [stream], unbounded: true } },
  })),
  read('forwards from beyond the end, filtered', ({ stream }) => ({
    ...{ from: BEYOND, filter: { streams: [stream], unbounded: true } },
  })),
  read('prepare behind commit', { from: { commit: 1n, prepare: 2n } }),
  fromPosition('from an event', 0n, {}),
  fromPosition('backwards from an event', 0n, { backwards: true }),
  fromPosition('from inside an event', 1n, {}),
  fromPosition('backwards from inside an event', 1n, { backwards: true }),
  fromPosition('from inside an event, unfiltered', 1n, { filter: undefined as never }),
];
