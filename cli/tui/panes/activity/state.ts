import type { ActivityEvent, ActivitySource } from '../../../gateway/activityFeed.ts';
import { moveCursor, START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot, State, Target } from '../../frame/model.ts';
import { slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { NO_RATES, takeRates, type Rates } from './rates.ts';
import {
  isFormer,
  isLive,
  mergeByTime,
  placeName,
  storedAt,
  withoutRepeats,
  withoutTold,
  type FormerChange,
  type LiveEvent,
  type ShownEvent,
} from './shownEvents.ts';

/** Events that are kept: what is older is in the audit trail or in the usage. */
const KEPT = 1_000;

/** What has happened, the newest first: calls since the TUI was opened, and changes. */
export interface ActivityState extends Cursor {
  readonly events: readonly ShownEvent[];
  /** Words that events must have to be shown. */
  readonly filter: string;
  /** While it is paused: what has come since, the newest first. */
  readonly held: readonly LiveEvent[] | undefined;
  readonly rates: Rates;
  /** Where the events come from; undefined until it is known. */
  readonly source: ActivitySource['data']['source'] | undefined;
  /** Of the keys in the events, by their ids. */
  readonly names: ReadonlyMap<string, string>;
  /** What live changes were, and who made them, by their places: the feed tells neither. */
  readonly told: ReadonlyMap<string, Pick<FormerChange['data'], 'event' | 'actor'>>;
  /** The places that were asked for since the tables changed last. */
  readonly asked: ReadonlySet<string>;
  /** Names are being read. */
  readonly isNaming: boolean;
  /** The changes from before were asked for. */
  readonly hasHistory: boolean;
}

export const ACTIVITY: Slot<ActivityState> = {
  name: 'activity',
  initial: {
    ...START,
    events: [],
    filter: '',
    held: undefined,
    rates: NO_RATES,
    source: undefined,
    names: new Map(),
    told: new Map(),
    asked: new Set(),
    isNaming: false,
    hasHistory: false,
  },
};

/** Takes events in. Who looks at the newest goes on looking at the newest. */
export function takeActivity(before: ActivityState, news: readonly ActivityEvent[]): ActivityState {
  const sources = news.filter((event) => event.type === 'activity_source');
  const source = sources.at(-1)?.data.source ?? before.source;
  const added = withoutRepeats(news.filter(isShown), [...(before.held ?? []), ...before.events]).toReversed();
  const state = { ...before, source, rates: takeRates(before.rates, news) };
  if (before.held !== undefined) return { ...state, held: [...added, ...before.held].slice(0, KEPT) };
  return withEvents(state, added);
}

/** Takes live events in. A live change replaces the one of the history, which is the same. */
function withEvents(before: ActivityState, added: readonly LiveEvent[]): ActivityState {
  const formers = withoutTold(before.events.filter(isFormer), added);
  return withList(before, mergeByTime([...added, ...before.events.filter(isLive)], formers));
}

/** Takes in the changes from before: those that did not come live. @param changes the newest first */
export function takeHistory(before: ActivityState, changes: readonly FormerChange[]): ActivityState {
  const live = before.events.filter(isLive);
  return withList(before, mergeByTime(live, withoutTold(changes, live)));
}

/** Shows other events. The cursor stays on its event, but for that of the newest one, which stays on the newest. */
function withList(before: ActivityState, list: readonly ShownEvent[]): ActivityState {
  const next = { ...before, events: list.slice(0, KEPT) };
  const shown = shownIn(next);
  const last = Math.max(0, shown.length - 1);
  const shift = before.at === 0 ? 0 : placeAfter(shownIn(before), shown, before.at) - before.at;
  const within = (index: number) => Math.max(0, Math.min(last, index + shift));
  return { ...next, at: within(before.at), top: within(before.top) };
}

/** Finds where an event stands in another list, or where that is gone, the next one that is there. */
function placeAfter(list: readonly ShownEvent[], after: readonly ShownEvent[], at: number): number {
  const places = new Map(after.map((event, index) => [event, index]));
  return list.slice(at).flatMap((event) => places.get(event) ?? [])[0] ?? after.length - 1;
}

/** Stops to show what comes, or goes on with all that has come since. */
export function togglePause(before: ActivityState): ActivityState {
  const { held } = before;
  return held === undefined ? { ...before, held: [] } : withEvents({ ...before, held: undefined }, held);
}

/** What a live change was, where that is known by now. */
export function toldOf({ told }: Pick<ActivityState, 'told'>, event: ShownEvent) {
  const place = isLive(event) ? storedAt(event) : undefined;
  return place && told.get(placeName(place));
}

/** The events that have the words of the filter. */
export function shownIn({
  events,
  filter,
  names,
}: Pick<ActivityState, 'events' | 'filter' | 'names'>): readonly ShownEvent[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return events;
  return events.filter((event) => {
    const text = `${JSON.stringify(event)} ${names.get(keyOf(event) ?? '') ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The event under the cursor. */
export function eventInView(state: State): ShownEvent | undefined {
  const activity = slotOf(state, ACTIVITY);
  return shownIn(activity)[activity.at];
}

/** The health of the gateway stands in the status line, and a failed call has an event of its own besides its error. */
function isShown(event: ActivityEvent): event is LiveEvent {
  if (event.type === 'error') return event.server === undefined;
  return event.type !== 'activity_source' && event.type !== 'system_health' && event.type !== 'heartbeat';
}

/** Moves the cursor. */
export function moveInActivity(state: State, target: Target): State {
  const activity = slotOf(state, ACTIVITY);
  const height = titledListHeight(state);
  const { length } = shownIn(activity);
  const index = target(activity.at, height, length - 1);
  return withSlot(state, ACTIVITY, moveCursor(activity, index, length, height));
}

/** The key that an event is about. */
export function keyOf(event: ShownEvent): string | undefined {
  return 'key' in event ? event.key : undefined;
}

/** The server that an event is about. */
export function serverOf(event: ShownEvent): string | undefined {
  return 'server' in event ? event.server : undefined;
}
