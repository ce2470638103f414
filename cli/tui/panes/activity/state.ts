import type { ActivityEvent, ActivitySource } from '../../../gateway/activityFeed.ts';
import { moveCursor, START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot, State, Target } from '../../frame/model.ts';
import { slotOf, titledListHeight, withSlot } from '../../frame/state.ts';

/** Events that are kept: what is older is in the audit trail or in the usage. */
const KEPT = 1_000;

export type ShownEvent = Exclude<ActivityEvent, ActivitySource>;

/** What has happened since the TUI was opened, the newest first. */
export interface ActivityState extends Cursor {
  readonly events: readonly ShownEvent[];
  /** Where the events come from; undefined until it is known. */
  readonly source: ActivitySource['data']['source'] | undefined;
  /** Of the keys in the events, by their ids. */
  readonly names: ReadonlyMap<string, string>;
  /** Names are being read. */
  readonly isNaming: boolean;
}

export const ACTIVITY: Slot<ActivityState> = {
  name: 'activity',
  initial: { ...START, events: [], source: undefined, names: new Map(), isNaming: false },
};

/** Takes events in. Who looks at the newest goes on looking at the newest. */
export function takeActivity(before: ActivityState, news: readonly ActivityEvent[]): ActivityState {
  const sources = news.filter((event) => event.type === 'activity_source');
  const source = sources.at(-1)?.data.source ?? before.source;
  const added = news.filter(isShown).toReversed();
  const events = [...added, ...before.events].slice(0, KEPT);
  const shift = before.at === 0 ? 0 : added.length;
  const last = Math.max(0, events.length - 1);
  return { ...before, events, source, at: Math.min(last, before.at + shift), top: Math.min(last, before.top + shift) };
}

/** The health of the gateway stands in the status line. */
function isShown(event: ActivityEvent): event is ShownEvent {
  return event.type !== 'activity_source' && event.type !== 'system_health' && event.type !== 'heartbeat';
}

/** Moves the cursor. */
export function moveInActivity(state: State, target: Target): State {
  const { events, ...cursor } = slotOf(state, ACTIVITY);
  const height = titledListHeight(state);
  const index = target(cursor.at, height, events.length - 1);
  return withSlot(state, ACTIVITY, moveCursor(cursor, index, events.length, height));
}

/** The key that an event is about. */
export function keyOf(event: ShownEvent): string | undefined {
  return 'key' in event ? event.key : undefined;
}
