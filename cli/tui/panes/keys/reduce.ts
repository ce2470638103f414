import { apiKeyStream } from '../../../../src/events/streamName.ts';
import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import {
  emptied,
  filterBy,
  moveTo,
  readPages,
  readPagesAgain,
  rowAt,
  rowAtCursor,
  type PageQuery,
} from '../../frame/lists/window.ts';
import type { Effect, State, Step, Target } from '../../frame/model.ts';
import { showsDetail } from '../../frame/detail.ts';
import { listHeight, push, readFrom, slotOf, withError, withSlot } from '../../frame/state.ts';
import type { Form } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { createKeyForm } from './forms.ts';
import { KEY_SORTS } from '../../../../src/projections/tables/keyFilter.ts';
import { nextOf } from '../../frame/lists/sort.ts';
import { KEY_PAGE, KEY_USAGE, ONE_KEY } from './read.ts';
import { keyInView, KEYS } from './state.ts';

/** Asks for the pages of keys that are shown and not in memory. */
export function readKeys(state: State): Step {
  const before = slotOf(state, KEYS).list;
  const [list, pages] = readPages(before, listHeight(state));
  const next = list === before ? state : withSlot(state, KEYS, { list });
  const [asked, reads] = readDetail(next);
  return [asked, [...pageReads(state, pages), ...reads]];
}

/** Asks for what stands beside the list, once the cursor has come to another key. */
function readDetail(state: State): Step {
  const id = showsDetail(state) ? rowAtCursor(slotOf(state, KEYS).list)?.id : undefined;
  if (id === undefined || id === slotOf(state, KEYS).asked) return [state, []];
  return [withSlot(state, KEYS, { asked: id }), [readFrom(ONE_KEY, { id })]];
}

/** Asks again for the pages of keys that are shown. */
export function readKeysAgain(state: State): Step {
  const [list, pages] = readPagesAgain(slotOf(state, KEYS).list, listHeight(state));
  return [withSlot(state, KEYS, { list, asked: undefined }), pageReads(state, pages)];
}

function pageReads(state: State, pages: readonly PageQuery[]): readonly Effect[] {
  const { includeDeleted, sort } = slotOf(state, KEYS);
  return pages.map((page) => readFrom(KEY_PAGE, { ...page, includeDeleted, sort }));
}

/** Asks how much the keys on the screen were used. */
export function readKeyUsage(state: State): readonly Effect[] {
  const { list } = slotOf(state, KEYS);
  const shown = Array.from({ length: listHeight(state) }, (_, at) => rowAt(list, list.top + at)?.id);
  const ids = shown.filter((id) => id !== undefined);
  return ids.length === 0 ? [] : [readFrom(KEY_USAGE, { ids })];
}

/** Moves the cursor of the list. */
export function moveInKeys(state: State, target: Target): State {
  const { list } = slotOf(state, KEYS);
  const height = listHeight(state);
  const index = target(list.cursor, height, (list.total ?? 1) - 1);
  return withSlot(state, KEYS, { list: moveTo(list, index, height) });
}

/** Filters the list. */
export function filterKeys(state: State, filter: string): State {
  return withSlot(state, KEYS, { list: filterBy(slotOf(state, KEYS).list, filter) });
}

/** Shows deleted keys, or hides them. */
export function toggleDeleted(state: State): Step {
  const { list, includeDeleted } = slotOf(state, KEYS);
  return [withSlot(state, KEYS, { includeDeleted: !includeDeleted, list: emptied(list) }), []];
}

/** Sorts the list by something else. */
export function sortKeys(state: State): Step {
  const { list, sort } = slotOf(state, KEYS);
  return [withSlot(state, KEYS, { sort: nextOf(KEY_SORTS, sort), list: emptied(list) }), []];
}

/** Opens the form of a new key. */
export function createKey(state: State): Step {
  return [push(state, formScreen(createKeyForm())), []];
}

/** Opens a form for the key in view, unless the key's status refuses it. */
export function changeKey(
  state: State,
  formOf: (key: KeyOnScreen) => Form,
  refusalOf: (key: KeyOnScreen) => string | undefined = () => undefined,
): Step {
  const key = keyInView(state);
  if (key === undefined) return [state, []];
  const refusal = key.status === 'deleted' ? 'The key was deleted. That is final.' : refusalOf(key);
  return refusal === undefined ? [push(state, formScreen(formOf(key))), []] : withError(state, refusal);
}

/** Opens the history of the key in view. */
export function openKeyHistory(state: State): Step {
  const key = keyInView(state);
  return key === undefined ? [state, []] : openTimeline(state, apiKeyStream(key.id));
}
