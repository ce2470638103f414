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
  readonly data: {
    readonly event: string;
    readonly actor: string;
    readonly stream: string;
    readonly revision: number;
  };
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
  const added = withoutRepeats(news.filter(isShown), before).toReversed();
  const state = { ...before, source, rates: takeRates(before.rates, news) };
  if (before.held !== undefined) return { ...state, held: [...added, ...before.held].slice(0, KEPT) };
  return withEvents(state, added);
}

/**
 * Leaves out the changes that are shown already: what ends access is told twice, when it is in force and when the tables have it, and
 * history and feed overlap.
 */
function withoutRepeats<Event extends ShownEvent>(news: readonly Event[], before: ActivityState): readonly Event[] {
  const shown = new Set([...(before.held ?? []), ...before.events].flatMap((event) => changeOf(event) ?? []));
  return news.filter((event) => {
    const change = changeOf(event);
    if (change === undefined) return true;
    const isRepeat = shown.has(change);
    shown.add(change);
    return !isRepeat;
  });
}

/** What no other change has; undefined: it is none, or nobody knows which. */
function changeOf({ data }: ShownEvent): string | undefined {
  if (!('stream' in data) || data.stream === undefined || data.revision === undefined) return undefined;
  return `${data.stream}@${data.revision}`;
}

function withEvents(before: ActivityState, added: readonly ShownEvent[]): ActivityState {
  const events = [...added, ...before.events].slice(0, KEPT);
  const shift = before.at === 0 ? 0 : shownIn({ ...before, events: added }).length;
  const last = Math.max(0, shownIn({ ...before, events }).length - 1);
  return { ...before, events, at: Math.min(last, before.at + shift), top: Math.min(last, before.top + shift) };
}

/** Takes in the changes from before: those that the events do not have. @param changes the newest first */
export function takeHistory(before: ActivityState, changes: readonly FormerChange[]): ActivityState {
  const older = withoutRepeats(changes, before);
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
