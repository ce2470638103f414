import { Subscription } from 'rxjs';
import type { Dispatch, Tools } from './tools.ts';
import { activityOf } from './activity.ts';
import { healthOf } from './health.ts';
import { liveChanges } from './liveChanges.ts';

/** How often the clock of the screen moves. */
const TICK_MS = 1_000;

/** Watches the clock, the changes made elsewhere, and the health of everything, until it is disposed of. */
export function watch({ stores, config }: Pick<Tools, 'stores' | 'config'>, dispatch: Dispatch): Disposable {
  const all = new Subscription();
  const clock = setInterval(() => dispatch({ type: 'ticked', nowMs: Date.now() }), TICK_MS);
  all.add(() => clearInterval(clock));
  all.add(liveChanges(stores.db.url).subscribe(() => dispatch({ type: 'changed' })));
  all.add(healthOf({ stores, config }).subscribe((health) => dispatch({ type: 'healthRead', health })));
  all.add(activityOf({ stores, config }).subscribe((events) => dispatch({ type: 'happened', events })));
  return { [Symbol.dispose]: () => all.unsubscribe() };
}
