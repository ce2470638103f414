import type { ActivityEvent, ActivitySource } from '../../../gateway/activityFeed.ts';

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

/** An event that has come since the TUI was opened. */
export type LiveEvent = Exclude<ActivityEvent, ActivitySource>;

export type ShownEvent = LiveEvent | FormerChange;

/**
 * A change whose place is not told, by a batch that was too large to name its events or by an older gateway, is taken for the one in
 * the history that is nearest to it, and no further away than this, in milliseconds.
 */
const NEAR_MS = 10_000;

export function isFormer(event: ShownEvent): event is FormerChange {
  return event.type === 'former_change';
}

export function isLive(event: ShownEvent): event is LiveEvent {
  return event.type !== 'former_change';
}

/** Leaves out the changes that are shown already: what ends access is told twice, when it is in force and when the tables have it. */
export function withoutRepeats(news: readonly LiveEvent[], shown: readonly ShownEvent[]): LiveEvent[] {
  const told = new Set(shown.filter(isLive).flatMap((event) => placeOf(event) ?? []));
  return news.filter((event) => {
    const place = placeOf(event);
    if (place === undefined) return true;
    const isRepeat = told.has(place);
    told.add(place);
    return !isRepeat;
  });
}

/** Leaves out the changes of before that have come live, too. */
export function withoutTold(formers: readonly FormerChange[], live: readonly LiveEvent[]): FormerChange[] {
  const told = new Set(live.flatMap((event) => placeOf(event) ?? []));
  const rest = formers.filter((former) => !told.has(placeOf(former) ?? ''));
  for (const event of live) {
    if (!CHANGES.has(event.type) || placeOf(event) !== undefined) continue;
    const distance = (former: FormerChange) => Math.abs(timeOf(former) - timeOf(event));
    const [nearest] = rest
      .filter((former) => subjectIn(former) === subjectIn(event) && distance(former) <= NEAR_MS)
      .toSorted((one, other) => distance(one) - distance(other));
    if (nearest !== undefined) rest.splice(rest.indexOf(nearest), 1);
  }
  return rest;
}

/**
 * Puts the changes of before among the live events by their times, the newest first. Live events stay as they came, whatever a clock
 * that was set says.
 */
export function mergeByTime(live: readonly LiveEvent[], formers: readonly FormerChange[]): ShownEvent[] {
  const waiting = [...formers];
  const merged = live.flatMap((event): ShownEvent[] => {
    const older = waiting.findIndex((former) => timeOf(former) <= timeOf(event));
    return [...waiting.splice(0, older === -1 ? waiting.length : older), event];
  });
  return [...merged, ...waiting];
}

const CHANGES: ReadonlySet<ShownEvent['type']> = new Set(['key_changed', 'role_changed', 'server_changed']);

/** Where a change is stored. */
export interface Place {
  readonly stream: string;
  readonly revision: number;
}

/** Where the event of a change is stored; undefined: it is none, or nobody knows which. */
export function storedAt({ data }: ShownEvent): Place | undefined {
  if (!('stream' in data) || data.stream === undefined || data.revision === undefined) return undefined;
  return { stream: data.stream, revision: data.revision };
}

/** What no other change has. */
export function placeName({ stream, revision }: Place): string {
  return `${stream}@${revision}`;
}

function placeOf(event: ShownEvent): string | undefined {
  const place = storedAt(event);
  return place && placeName(place);
}

function subjectIn(event: ShownEvent): string {
  const { key, role, server } = { key: undefined, role: undefined, server: undefined, ...event };
  return JSON.stringify([key, role, server]);
}

function timeOf({ at }: ShownEvent): number {
  return Date.parse(at);
}
