import type { Login, RawClient } from '../../support/eventStoreDb/raw/rawClient.ts';
import { events, type Interaction, type Scene } from './interaction.ts';

const ADMIN = { name: 'admin', password: 'changeit' };

const CALLS: readonly [string, (raw: RawClient, scene: Scene) => Promise<unknown>][] = [
  ['an append', (raw, scene) => raw.append({ stream: scene.stream, expected: 'any', events: events(scene, 0) })],
  [
    'an append to a system stream',
    (raw, scene) => raw.append({ stream: `$x${scene.stream}`, expected: 'any', events: events(scene, 0) }),
  ],
  [
    'an append to metadata',
    (raw, scene) =>
      raw.append({
        stream: `$$${scene.stream}`,
        expected: 'any',
        events: [{ id: scene.ids[0]!, type: '$metadata', data: '{}' }],
      }),
  ],
  [
    'a batch',
    (raw, scene) =>
      raw.batch([{ correlation: scene.ids[1]!, stream: scene.stream, expected: 'any', events: events(scene, 0) }]),
  ],
  ['a read', (raw, { stream }) => raw.read({ stream, from: 'start', count: 1 })],
  ['a read of metadata', (raw, { stream }) => raw.read({ stream: `$$${stream}`, from: 'start', count: 1 })],
  ['a read of a system stream', (raw) => raw.read({ stream: '$users', from: 'start', count: 0 })],
  [
    'a read of all',
    (raw, { stream }) => raw.read({ from: 'start', count: 1, filter: { streams: [stream], unbounded: true } }),
  ],
  ['a subscription to all', (raw) => raw.read({ from: 'end', subscribe: true }, (messages) => messages.length > 0)],
  ['a deletion', (raw, { stream }) => raw.remove(`${stream}-none`, 'any', 'soft')],
  ['a tombstone', (raw, { stream }) => raw.remove(`${stream}-none`, 1, 'tombstone')],
  ['gossip', async (raw) => (await raw.gossip()).end],
  ['features', async (raw) => (await raw.features()).end],
];

const USERS: readonly [string, Login | undefined][] = [
  ['an administrator', ADMIN],
  ['ops', { name: 'ops', password: 'changeit' }],
  ['nobody', undefined],
  ['a wrong password', { name: 'admin', password: 'wrong' }],
  ['a user who is none', { name: 'somebody', password: 'changeit' }],
];

export const LOGINS: readonly Interaction[] = USERS.flatMap(([user, login]) =>
  CALLS.map(([call, act]) => ({
    name: `${user}: ${call}`,
    play: (scene: Scene) => act(login === undefined ? scene.raw : scene.as(login), scene),
  })),
);
