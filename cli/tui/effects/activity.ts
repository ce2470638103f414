import { bufferTime, filter, from, Observable } from 'rxjs';
import { openActivity, type ActivityEvent } from '../../activity.ts';
import type { Tools } from './tools.ts';

/** What happens in between is shown at once, and no more than this: a screen shows fewer. */
const GATHER_MS = 100;
const AT_ONCE = 500;

/** Follows what happens, in a bunch at a time. */
export function activityOf({ stores, config }: Pick<Tools, 'stores' | 'config'>): Observable<ActivityEvent[]> {
  return new Observable<ActivityEvent>((subscriber) => {
    const closing = new AbortController();
    const following = from(openActivity({ stores, config, signal: closing.signal })).subscribe(subscriber);
    return () => {
      closing.abort();
      following.unsubscribe();
    };
  }).pipe(
    bufferTime(GATHER_MS, undefined, AT_ONCE),
    filter((events) => events.length > 0),
  );
}
