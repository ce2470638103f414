import type { ActivityEvent, ActivitySource } from '../../../gateway/activityFeed.ts';
import { moveCursor, START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot, State, Target } from '../../frame/model.ts';
import { slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { NO_RATES, takeRates, type Rates } from './rates.ts';

/** Events that are kept: what is older is in the audit trail or in the usage. */
const KEPT = 1_000;

/** A change from before the TUI was opened, out of the audit trail. */
export interface FormerChange {
  readonly type: 'former_change';
  readonly id: string;
  readonly at: string;
  readonly key?: string;
  readonly server?: string;
  readonly role?: string;
  readonly data: { readonly event: string; readonly actor: string };
}

export type ShownEvent = Exclude<ActivityEvent, ActivitySource> | FormerChange;

/** What has happened, the newest first: calls since the TUI was opened, and changes. */
export interface ActivityState extends Cursor {
  readonly events: readonly ShownEvent[];
  /** Words that events must have to be shown. */
  readonly filter: string;
  /** While it is paused: what has come since, the newest first. */
  readonly held: readonly ShownEvent[] | undefined;
  readonly rates: Rates;
  /** Where the events come from; undefined until it is known. */
  readonly source: ActivitySource['data']['source'] | undefined;
  /** Of the keys in the events, by their ids. */
  readonly names: ReadonlyMap<string, string>;
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
    isNaming: false,
    hasHistory: false,
  },
};

/** Takes events in. Who looks at the newest goes on looking at the newest. */
export function takeActivity(before: ActivityState, news: readonly ActivityEvent[]): ActivityState {
  const sources = news.filter((event) => event.type === 'activity_source');
  const source = sources.at(-1)?.data.source ?? before.source;
  const added = withoutRepeats(news.filter(isShown), before.held ?? before.events);
  const state = { ...before, source, rates: takeRates(before.rates, news) };
  if (before.held !== undefined) return { ...state, held: [...added, ...before.held].slice(0, KEPT) };
  return withEvents(state, added);
}

/** A gateway tells of what ends access twice: when it is in force, and when the tables have it, some moments later. */
const REPEATED_MS = 1_000;
/** So many of the last events are looked at for that. */
const LOOKED_AT = 50;

/** Leaves out changes that say the same as one just before. @param news the oldest first @returns the newest first */
function withoutRepeats(news: readonly ShownEvent[], before: readonly ShownEvent[]): readonly ShownEvent[] {
  const recent = new Map<string, number>();
  for (const event of before.slice(0, LOOKED_AT).toReversed()) note(recent, event);
  return news
    .filter((event) => {
      const last = recent.get(changeOf(event) ?? '');
      const isRepeat = last !== undefined && Math.abs(Date.parse(event.at) - last) < REPEATED_MS;
      if (!isRepeat) note(recent, event);
      return !isRepeat;
    })
    .toReversed();
}

function note(recent: Map<string, number>, event: ShownEvent): void {
  const change = changeOf(event);
  if (change !== undefined) recent.set(change, Date.parse(event.at));
}

/** What a change is of; undefined: it is none. */
function changeOf(event: ShownEvent): string | undefined {
  if (event.type === 'key_changed') return `${event.data.created === true ? 'new key' : 'key'} ${event.key}`;
  if (event.type === 'role_changed') return `role ${event.role}`;
  return event.type === 'server_changed' ? `server ${event.server}` : undefined;
}

function withEvents(before: ActivityState, added: readonly ShownEvent[]): ActivityState {
  const events = [...added, ...before.events].slice(0, KEPT);
  const shift = before.at === 0 ? 0 : shownIn({ ...before, events: added }).length;
  const last = Math.max(0, shownIn({ ...before, events }).length - 1);
  return { ...before, events, at: Math.min(last, before.at + shift), top: Math.min(last, before.top + shift) };
}

/** Takes in the changes from before: those that the events do not have. */
export function takeHistory(before: ActivityState, changes: readonly FormerChange[]): ActivityState {
  const oldest = before.events.at(-1)?.at;
  const older = changes.filter(({ at }) => oldest === undefined || at < oldest);
  return { ...before, events: [...before.events, ...older].slice(0, KEPT) };
}

/** Stops to show what comes, or goes on with all that has come since. */
export function togglePause(before: ActivityState): ActivityState {
  const { held } = before;
  return held === undefined ? { ...before, held: [] } : withEvents({ ...before, held: undefined }, held);
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
function isShown(event: ActivityEvent): event is Exclude<ActivityEvent, ActivitySource> {
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
