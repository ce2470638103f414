import { auditTime, buffer, connect, filter, from, merge, Observable } from 'rxjs';
import { openActivity, type ActivityEvent } from '../../../gateway/activityFeed.ts';
import { subjectOf } from '../../../../src/events/streamName.ts';
import { listStreamHistory, listTrail } from '../../../../src/projections/tables/auditEvents.ts';
import { keyNames } from '../../../../src/projections/tables/apiKeys.ts';
import type { Feed, Source, State, Step } from '../../frame/model.ts';
import { readFrom, slotOf, withSlot } from '../../frame/state.ts';
import { isLive, placeName, storedAt, type FormerChange, type Place } from './shownEvents.ts';
import { ACTIVITY, keyOf, takeActivity, takeHistory, type ActivityState } from './state.ts';

/** Events that come closer together are shown at once, and no more than these: a screen shows fewer. */
const GATHER_MS = 100;
const MAX_BUNCH = 500;

/** The live feed of the gateway, or while there is none the invalidations of the database. */
export const ACTIVITY_FEED: Feed<readonly ActivityEvent[]> = {
  open: ({ stores, settings }) =>
    new Observable<ActivityEvent>((subscriber) => {
      const closing = new AbortController();
      const following = from(openActivity({ stores, settings, signal: closing.signal })).subscribe(subscriber);
      return () => {
        closing.abort();
        following.unsubscribe();
      };
    }).pipe(
      // A clock begins with the first of a bunch: while nothing comes, nothing wakes the process.
      connect((events) => {
        const isFull = events.pipe(filter((_event, at) => at % MAX_BUNCH === MAX_BUNCH - 1));
        return events.pipe(buffer(merge(events.pipe(auditTime(GATHER_MS)), isFull)));
      }),
      filter((events) => events.length > 0),
    ),
  take: (state, events) => withSlot(state, ACTIVITY, takeActivity(slotOf(state, ACTIVITY), events)),
};

/** So many names are looked up at once: a screen shows fewer events. */
const MAX_NAMES = 200;

/** The names of keys. */
export const ACTIVITY_NAMES: Source<{ readonly ids: readonly string[] }, ReadonlyMap<string, string>> = {
  async read({ stores: { db } }, { ids }) {
    const found = await keyNames(db, ids);
    // Of a key that has no name, its id: it is not looked for again.
    return new Map(ids.map((id) => [id, found.get(id) ?? id]));
  },
  take: (state, _query, found) => {
    const names = new Map([...slotOf(state, ACTIVITY).names, ...found]);
    return [withSlot(state, ACTIVITY, { names, isNaming: false }), []];
  },
};

/** Changes of before that are shown: more are in the audit trail. */
const MAX_FORMER = 100;

/** The last changes from before the TUI was opened. */
export const FORMER_CHANGES: Source<undefined, readonly FormerChange[]> = {
  async read({ stores: { db } }) {
    const rows = await listTrail(db, { order: 'desc', after: undefined, limit: MAX_FORMER });
    return rows.map(({ id, at, stream, revision, type, actor }) => ({
      type: 'former_change',
      id,
      at: at.toISOString(),
      ...subjectOf(stream),
      data: { event: type, actor, stream, revision },
    }));
  },
  take: (state, _query, changes) => [withSlot(state, ACTIVITY, takeHistory(slotOf(state, ACTIVITY), changes)), []],
};

/** So many live changes are looked up at once. */
const MAX_TOLD = 40;

/** What live changes were, and who made them. */
export const LIVE_CHANGES: Source<{ readonly places: readonly Place[] }, ActivityState['told']> = {
  async read({ stores: { db } }, { places }) {
    const found = await Promise.all(
      places.map(({ stream, revision }) => listStreamHistory(db, stream, { after: revision - 1, limit: 1 })),
    );
    return new Map(
      found
        .flat()
        .map(({ stream, revision, type, actor }) => [placeName({ stream, revision }), { event: type, actor }]),
    );
  },
  take: (state, _query, found) => {
    const { told, events } = slotOf(state, ACTIVITY);
    const all = new Map([...told, ...found]);
    const places = events.flatMap((event) => storedAt(event) ?? []).map(placeName);
    const kept = new Map(places.flatMap((place) => (all.has(place) ? [[place, all.get(place)] as const] : [])));
    return [withSlot(state, ACTIVITY, { told: kept as ActivityState['told'] }), []];
  },
};

/** Asks for the changes from before, once, and for what live changes were and the names that memory lacks. */
export function readActivity(state: State): Step {
  const { hasHistory } = slotOf(state, ACTIVITY);
  const [named, names] = readActivityNames(hasHistory ? state : withSlot(state, ACTIVITY, { hasHistory: true }));
  const [next, told] = readLiveChanges(named);
  return [next, [...(hasHistory ? [] : [readFrom(FORMER_CHANGES, undefined)]), ...names, ...told]];
}

/** The tables may have by now what they had not when they were asked. */
export function readActivityAgain(state: State): Step {
  const { asked } = slotOf(state, ACTIVITY);
  return asked.size === 0 ? [state, []] : readLiveChanges(withSlot(state, ACTIVITY, { asked: new Set() }));
}

function readLiveChanges(state: State): Step {
  const { events, told, asked } = slotOf(state, ACTIVITY);
  const places = events
    .filter(isLive)
    .slice(0, MAX_NAMES)
    .flatMap((event) => storedAt(event) ?? [])
    .filter((place) => !told.has(placeName(place)) && !asked.has(placeName(place)))
    .slice(0, MAX_TOLD);
  if (places.length === 0) return [state, []];
  const next = withSlot(state, ACTIVITY, { asked: new Set([...asked, ...places.map(placeName)]) });
  return [next, [readFrom(LIVE_CHANGES, { places })]];
}

function readActivityNames(state: State): Step {
  const { events, names, isNaming } = slotOf(state, ACTIVITY);
  if (isNaming) return [state, []];
  const unknown = new Set(
    events
      .slice(0, MAX_NAMES)
      .flatMap((event) => keyOf(event) ?? [])
      .filter((id) => !names.has(id)),
  );
  if (unknown.size === 0) return [state, []];
  return [withSlot(state, ACTIVITY, { isNaming: true }), [readFrom(ACTIVITY_NAMES, { ids: [...unknown] })]];
}
