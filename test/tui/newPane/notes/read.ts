import { of } from 'rxjs';
import type { Feed, Source } from '../../../../cli/tui/frame/model.ts';
import { slotOf, withSlot } from '../../../../cli/tui/frame/state.ts';
import { NOTES } from './state.ts';

/** The notes there are. */
export const ALL_NOTES: Source<undefined, readonly string[]> = {
  read: () => Promise.resolve(['water the plants']),
  take: (state, _query, notes) => [withSlot(state, NOTES, { notes }), []],
};

/** Notes that others write meanwhile. */
export const NEW_NOTES: Feed<string> = {
  open: () => of('feed the cat'),
  take: (state, note) => withSlot(state, NOTES, { notes: [...(slotOf(state, NOTES).notes ?? []), note] }),
};
