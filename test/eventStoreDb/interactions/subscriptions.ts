import type { ReadSpec } from '../../support/eventStoreDb/raw/requests.ts';
import { events, threeEvents, type Interaction, type Scene } from './interaction.ts';

type Messages = readonly object[];

const isCaughtUp = (messages: Messages): boolean =>
  messages.some((message) => 'caughtUp' in message && message.caughtUp !== undefined);
const countEvents = (messages: Messages): number =>
  messages.filter((message) => 'event' in message && message.event !== undefined).length;

/** A subscription after three events, which is left when it has caught up. */
function subscribe(name: string, spec: (scene: Scene) => ReadSpec): Interaction {
  return {
    name: `subscribe: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      return scene.raw.read({ subscribe: true, ...spec(scene) }, isCaughtUp);
    },
  };
}

/** A subscription that goes on with two live events. */
function live(name: string, spec: (scene: Scene) => ReadSpec, expected: number): Interaction {
  return {
    name: `subscribe: ${name}`,
    async play(scene) {
      await threeEvents(scene);
      const enough = (messages: Messages): boolean => countEvents(messages) >= expected;
      return scene.raw.whileReading({ subscribe: true, ...spec(scene) }, enough, () =>
        scene.raw.append({ stream: scene.stream, expected: 2, events: events(scene, 3, 4) }),
      );
    },
  };
}

export const SUBSCRIPTIONS: readonly Interaction[] = [
  subscribe('to a stream', ({ stream }) => ({ stream, from: 'start' })),
  subscribe('to a stream after a revision', ({ stream }) => ({ stream, from: 1 })),
  subscribe('to a stream from its end', ({ stream }) => ({ stream, from: 'end' })),
  subscribe('to a stream that is not there', () => ({ stream: 'same-nothing', from: 'start' })),
  subscribe('backwards', ({ stream }) => ({ stream, from: 'end', backwards: true })),
  subscribe('with a filter, to a stream', ({ stream }) => ({
    stream,
    from: 'start',
    filter: { streams: ['x'], max: 32 },
  })),
  subscribe('to all, from the end', () => ({ from: 'end' })),
  subscribe('to all, from the end, filtered', ({ stream }) => ({
    from: 'end',
    filter: { streams: [stream], max: 32 },
  })),
  subscribe('to all from beyond the end', () => ({ from: { commit: 2n ** 40n, prepare: 2n ** 40n } })),
  subscribe('to all from inside an event', () => ({ from: { commit: 7n, prepare: 7n } })),
  subscribe('to all, a window of 0', ({ stream }) => ({ from: 'start', filter: { streams: [stream], max: 0 } })),
  subscribe('to all, no window', ({ stream }) => ({ from: 'start', filter: { streams: [stream] } })),
  subscribe('to all, no checkpoints', ({ stream }) => ({
    from: 'start',
    filter: { streams: [stream], max: 32, interval: 0 },
  })),
  subscribe('to all, an expression that is none', () => ({ from: 'start', filter: { regex: '(', max: 32 } })),
  live('to a stream, and on', ({ stream }) => ({ stream, from: 'start' }), 5),
  live(
    'to all from the end, filtered, and on',
    ({ stream }) => ({ from: 'end', filter: { streams: [stream], max: 32 } }),
    2,
  ),
];
