import { bufferTime, filter, from, Observable } from 'rxjs';
import { openActivity, type ActivityEvent } from '../../../gateway/activityFeed.ts';
import type { Feed } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import { ACTIVITY, takeActivity } from './state.ts';

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
      bufferTime(GATHER_MS, undefined, MAX_BUNCH),
      filter((events) => events.length > 0),
    ),
  take: (state, events) => withSlot(state, ACTIVITY, takeActivity(slotOf(state, ACTIVITY), events)),
};
