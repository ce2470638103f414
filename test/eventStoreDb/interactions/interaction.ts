import type { Login, RawClient } from '../../support/eventStoreDb/raw/rawClient.ts';
import type { EventSpec } from '../../support/eventStoreDb/raw/requests.ts';

export interface Scene {
  /** Nobody in particular, where there are users. */
  readonly raw: RawClient;
  as(login: Login): RawClient;
  /** A stream of this interaction's own. */
  readonly stream: string;
  /** Of events; both servers get the same. */
  readonly ids: readonly string[];
}

/** Something that is said to a server, and all that it answers. */
export interface Interaction {
  readonly name: string;
  /** Why the wire server answers something else than a real one; the test fails when it does no longer. */
  readonly differsBecause?: string;
  play(scene: Scene): Promise<unknown>;
}

/** Events with the scene's ids. */
export function events({ ids }: Pick<Scene, 'ids'>, ...which: readonly number[]): EventSpec[] {
  return which.map((index) => ({ id: ids[index]!, data: `{"n":${index}}` }));
}

/** Has three events in the scene's stream. */
export async function threeEvents(scene: Scene): Promise<void> {
  await scene.raw.append({ stream: scene.stream, expected: 'no-stream', events: events(scene, 0, 1, 2) });
}

/** Writes a stream's metadata. */
export function setMetadata({ raw, stream, ids }: Scene, json: string): Promise<unknown> {
  const event = { id: ids[7]!, type: '$metadata', data: json };
  return raw.append({ stream: `$$${stream}`, expected: 'any', events: [event] });
}

/** All of a stream, forwards. */
export function readForwards({ raw, stream }: Scene): Promise<unknown> {
  return raw.read({ stream, from: 'start', count: 100 });
}
