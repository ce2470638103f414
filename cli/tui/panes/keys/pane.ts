import type { Pane } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { keyBesideList, openKey } from './keyScreen.ts';
import { filterKeys, moveInKeys, readKeys, readKeysAgain, readKeyUsage } from './reduce.ts';
import { KEYS_SHORTCUTS } from './shortcuts.ts';
import { KEYS } from './state.ts';
import { keysLines, keysSummary } from './view.ts';

/** API keys: the list, and everything that can be done with a key. */
export const KEYS_PANE: Pane = {
  name: KEYS.name,
  title: 'Keys',
  shortcuts: KEYS_SHORTCUTS,
  lines: keysLines,
  detail: keyBesideList,
  summary: keysSummary,
  move: moveInKeys,
  list: { open: openKey, filterOf: (state) => slotOf(state, KEYS).list.filter, filterBy: filterKeys },
  read: readKeys,
  readAgain: readKeysAgain,
  refresh: readKeyUsage,
};
