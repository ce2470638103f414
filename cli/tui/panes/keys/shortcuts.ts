import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import type { Shortcut } from '../../frame/model.ts';
import { accessForm, activationForm, credentialForm, deleteForm, rotateForm } from './forms.ts';
import { changeKey, createKey, openKeyHistory, toggleDeleted } from './reduce.ts';

/** What can be done with one key. */
export const KEY_SHORTCUTS: readonly Shortcut[] = [
  {
    keystrokes: ['e'],
    text: 'change what the key may do',
    hint: 'access',
    perform: (state) => changeKey(state, accessForm),
  },
  {
    keystrokes: ['r'],
    text: 'rotate the key: a successor, with grace',
    hint: 'rotate',
    perform: (state) => changeKey(state, rotateForm, rotationRefusal),
  },
  {
    keystrokes: ['x'],
    text: 'inactivate the key',
    hint: 'inactivate',
    perform: (state) =>
      changeKey(
        state,
        (key) => activationForm(key, 'inactivateKey'),
        ({ status }) => (status === 'inactive' ? 'The key is inactive already.' : undefined),
      ),
  },
  {
    keystrokes: ['a'],
    text: 'activate the key again',
    hint: 'activate',
    perform: (state) =>
      changeKey(
        state,
        (key) => activationForm(key, 'activateKey'),
        ({ status }) => (status === 'inactive' ? undefined : 'The key is not inactive.'),
      ),
  },
  {
    keystrokes: ['o'],
    text: 'take out what a server gets for the key alone',
    perform: (state) =>
      changeKey(state, credentialForm, ({ credentials }) =>
        credentials.length === 0 ? 'No server gets anything for this key alone.' : undefined,
      ),
  },
  {
    keystrokes: ['d'],
    text: 'delete the key for good',
    hint: 'delete',
    perform: (state) => changeKey(state, deleteForm),
  },
  { keystrokes: ['t'], text: 'travel through the key’s history', hint: 'history', perform: openKeyHistory },
];

/** What can be done in the list of keys. */
export const KEYS_SHORTCUTS: readonly Shortcut[] = [
  { keystrokes: ['c'], text: 'create a key', hint: 'create', perform: createKey },
  ...KEY_SHORTCUTS,
  { keystrokes: ['v'], text: 'show or hide deleted keys', perform: toggleDeleted },
];

function rotationRefusal({ status }: KeyOnScreen): string | undefined {
  if (status === 'rotated') return 'The key was rotated before; rotate its successor.';
  return status === 'inactive' ? 'An inactive key can’t be rotated; activate it first (a).' : undefined;
}
