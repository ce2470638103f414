import type { ReadSpec } from '../../support/eventStoreDb/raw/requests.ts';
import { readForwards, setMetadata, threeEvents, type Interaction } from './interaction.ts';

/** A read of a stream with three events. */
function read(name: string, spec: ReadSpec): Interaction {
  return {
    name: `read: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      return scene.raw.read({ stream: scene.stream, from: 'start', count: 100, ...spec });
    },
  };
}

/** Reads of a stream with three events and this metadata. */
function withMetadata(json: string): Interaction {
  return {
    name: `read: a stream whose metadata is ${json}`,
    async play(scene) {
      await threeEvents(scene);
      const written = await setMetadata(scene, json);
      const { raw, stream } = scene;
      const backwards = await raw.read({ stream, from: 'end', backwards: true, count: 100 });
      const inAll = await raw.read({ from: 'start', count: 100, filter: { streams: [stream], unbounded: true } });
      return [written, await readForwards(scene), backwards, inAll];
    },
  };
}

export const READS: readonly Interaction[] = [
  read('forwards', {}),
  read('from a revision', { from: 1 }),
  read('up to a count', { count: 2 }),
  read('backwards from the end', { from: 'end', backwards: true }),
  read('backwards from a revision', { from: 1, backwards: true }),
  read('backwards from the start', { backwards: true }),
  read('forwards from the end', { from: 'end' }),
  read('from the revision to come', { from: 3 }),
  read('from 2^53', { from: 2n ** 53n }),
  read('from 2^63 - 1', { from: 2n ** 63n - 1n }),
  read('backwards from beyond', { from: 17, backwards: true }),
  read('count 0', { count: 0 }),
  { name: 'read: without a count', play: ({ raw, stream }) => raw.read({ stream, from: 'start' }) },
  read('without a place to begin', { from: undefined as never }),
  read('without a filter option', { filter: 'none' }),
  read('with a filter', { filter: { streams: ['x'], max: 32 } }),
  read('without the form of ids', { noUuidOption: true }),
  read('an empty name', { stream: '' }),
  read('the name $$', { stream: '$$' }),
  read('a stream that is not there', { stream: 'same-nothing' }),
  read('backwards, a stream that is not there', { stream: 'same-nothing', from: 'end', backwards: true }),
  { name: 'read: without options', play: ({ raw }) => raw.read('no-options') },
  {
    name: 'read: the metadata of a stream, of which the newest counts',
    async play(scene) {
      await threeEvents(scene);
      await scene.raw.append({
        stream: `$$${scene.stream}`,
        expected: 'no-stream',
        events: [
          { id: scene.ids[5]!, type: '$metadata', data: '{"a":1}' },
          { id: scene.ids[6]!, type: '$metadata', data: '{"b":2}' },
        ],
      });
      return scene.raw.read({ stream: `$$${scene.stream}`, from: 'start', count: 10 });
    },
  },
  ...['{"$maxCount":2}', '{"$maxCount":0}', '{"$maxCount":-1}', '{"$maxAge":0}', '{"$maxAge":1000}'].map(withMetadata),
  ...['{"$tb":1}', '{"$tb":3}', '{"$tb":17}', '{"$tb":-1}', '{"$maxCount":"2"}', '{"$maxCount":2.5}'].map(withMetadata),
  ...['{}', 'no JSON', '[]', '{"$maxCount":2,"$tb":1}', '{"$maxCount":4294967296}'].map(withMetadata),
];
