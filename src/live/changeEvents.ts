import { apiKeyStream, subjectOf } from '../events/streamName.ts';
import type { Invalidation } from '../projections/tables/invalidation.ts';

/** Where the event of a change stands in the history. */
interface Place {
  readonly stream: string;
  readonly revision: number;
}

/** What a reader of changes is told: what has changed, and which event of the history it is, where that is known. */
export type ChangeEvent =
  | { readonly type: 'key_changed'; readonly key: string; readonly data: Partial<Place> & { readonly created?: true } }
  | { readonly type: 'role_changed'; readonly role: string; readonly data: Partial<Place> }
  | { readonly type: 'server_changed'; readonly server: string; readonly data: Partial<Place> };

/** Makes the events of the feed from an invalidation: one for each change that it names, else one for each key, role and server. */
export function* changeEvents(change: Exclude<Invalidation, { readonly all: true }>): Generator<ChangeEvent> {
  const { keys, servers, roles = [], created = [], events = [] } = change;
  const places = Map.groupBy(events.flatMap(placeOf), ({ stream }) => JSON.stringify(subjectOf(stream)));
  const placesOf = (subject: object): readonly (Place | undefined)[] =>
    places.get(JSON.stringify(subject)) ?? [undefined];
  for (const key of keys) {
    for (const place of placesOf({ key })) {
      // A repair of its history has a stream of its own, which begins at 0, too.
      const isFirst = place === undefined || (place.revision === 0 && place.stream === apiKeyStream(key));
      const isNew = isFirst && created.includes(key);
      yield { type: 'key_changed', key, data: { ...(isNew && { created: true as const }), ...place } };
    }
  }
  for (const role of roles)
    for (const place of placesOf({ role })) yield { type: 'role_changed', role, data: { ...place } };
  for (const server of servers)
    for (const place of placesOf({ server })) yield { type: 'server_changed', server, data: { ...place } };
}

/** Reads the name of an event; of another version it may be anything. */
function placeOf(name: string): Place[] {
  const at = name.lastIndexOf('@');
  const revision = Number(name.slice(at + 1));
  return at > 0 && Number.isSafeInteger(revision) && revision >= 0 ? [{ stream: name.slice(0, at), revision }] : [];
}
