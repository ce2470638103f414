import type { ActivityEvent, ActivitySource } from '../../activity.ts';
import { START, type Cursor } from './cursor.ts';

/** Events that are kept: what is older is in the audit trail or in the usage. */
const KEPT = 1_000;

export type Happening = Exclude<ActivityEvent, ActivitySource>;

/** What has happened since the TUI was opened, the newest first. */
export interface ActivityPane extends Cursor {
  readonly events: readonly Happening[];
  /** Where the events come from; undefined: nobody has said yet. */
  readonly source: ActivitySource['data']['source'] | undefined;
}

export const NO_ACTIVITY: ActivityPane = { ...START, events: [], source: undefined };

/** Takes in what has happened. Who looks at the newest goes on looking at the newest. */
export function takeActivity(pane: ActivityPane, news: readonly ActivityEvent[]): ActivityPane {
  const sources = news.filter((event) => event.type === 'activity_source');
  const source = sources.at(-1)?.data.source ?? pane.source;
  const added = news.filter(isHappening).toReversed();
  const events = [...added, ...pane.events].slice(0, KEPT);
  const shift = pane.at === 0 ? 0 : added.length;
  const last = Math.max(0, events.length - 1);
  return { events, source, at: Math.min(last, pane.at + shift), top: Math.min(last, pane.top + shift) };
}

/** How the gateway is stands in the status line. */
function isHappening(event: ActivityEvent): event is Happening {
  return event.type !== 'activity_source' && event.type !== 'system_health' && event.type !== 'heartbeat';
}
