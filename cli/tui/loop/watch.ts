import { Subscription } from 'rxjs';
import type { Dispatch, Feed, Tools } from '../frame/model.ts';
import { healthOf } from './health.ts';
import { liveChanges } from './liveChanges.ts';

/** How often the clock of the screen moves. */
const TICK_MS = 1_000;

/** Watches the clock, the changes made elsewhere, the health of everything, and the feeds, until it is disposed of. */
export function watch(tools: Tools, feeds: readonly Feed[], dispatch: Dispatch): Disposable {
  const all = new Subscription();
  const clock = setInterval(() => dispatch({ type: 'ticked', nowMs: Date.now() }), TICK_MS);
  all.add(() => clearInterval(clock));
  all.add(liveChanges(tools.stores.db.url).subscribe(() => dispatch({ type: 'changed' })));
  all.add(healthOf(tools).subscribe((health) => dispatch({ type: 'healthRead', health })));
  for (const feed of feeds) all.add(feed.open(tools).subscribe((news) => dispatch({ type: 'news', feed, news })));
  return { [Symbol.dispose]: () => all.unsubscribe() };
}
