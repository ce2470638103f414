import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import type { Shortcut, State, Step } from '../../frame/model.ts';
import { editInEditor } from './editAccess.ts';
import {
  activateMany,
  deleteMany,
  grantMany,
  markAllKeys,
  markKey,
  roleMany,
  tagMany,
  unmarkKeys,
  withKeys,
  withMarkedKeys,
} from './bulk.ts';
import { accessForm, activationForm, credentialForm, deleteForm, rotateForm } from './forms.ts';
import { changeKey, createKey, openKeyHistory, sortKeys, toggleDeleted } from './reduce.ts';

/** What can be done with one key. */
export const KEY_SHORTCUTS: readonly Shortcut[] = [
  {
    keystrokes: ['e'],
    text: 'change what the key may do',
    hint: 'access',
    perform: (state) => changeKey(state, accessForm),
  },
  {
    keystrokes: ['E'],
    text: 'edit the key as YAML in your editor (VISUAL, EDITOR)',
    perform: editInEditor,
  },
  {
    keystrokes: ['r'],
    text: 'rotate the key: a successor, with grace',
    perform: (state) => changeKey(state, rotateForm, rotationRefusal),
  },
  {
    keystrokes: ['x'],
    text: 'inactivate the key, or those that are marked',
    hint: 'inactivate',
    perform: (state) => withMarkedKeys(state, (keys) => activateMany(keys, 'inactivateKey'), inactivate),
  },
  {
    keystrokes: ['a'],
    text: 'activate the key again, or those that are marked',
    perform: (state) => withMarkedKeys(state, (keys) => activateMany(keys, 'activateKey'), activate),
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
    text: 'delete the key for good, or those that are marked',
    hint: 'delete',
    perform: (state) => withMarkedKeys(state, deleteMany, (each) => changeKey(each, deleteForm)),
  },
  {
    keystrokes: ['+'],
    text: 'add a grant to the key, or to those that are marked',
    perform: (state) => withKeys(state, (keys) => grantMany(keys, 'add')),
  },
  {
    keystrokes: ['-'],
    text: 'take a grant from the key, or from those that are marked',
    perform: (state) => withKeys(state, (keys) => grantMany(keys, 'remove')),
  },
  {
    keystrokes: ['R'],
    text: 'give the key a role, or take one; or those that are marked',
    perform: (state) => withKeys(state, roleMany),
  },
  {
    keystrokes: ['#'],
    text: 'tag the key, or those that are marked',
    perform: (state) => withKeys(state, tagMany),
  },
  { keystrokes: ['t'], text: 'travel through the key’s history', hint: 'history', perform: openKeyHistory },
];

/** What can be done in the list of keys. */
export const KEYS_SHORTCUTS: readonly Shortcut[] = [
  { keystrokes: ['c'], text: 'create a key', hint: 'create', perform: createKey },
  ...KEY_SHORTCUTS,
  { keystrokes: [' '], text: 'mark the key, or take its mark away', hint: 'mark', perform: markKey },
  { keystrokes: ['*'], text: 'mark all keys of the list, with its filter', perform: markAllKeys },
  { keystrokes: ['U'], text: 'take all marks away', perform: unmarkKeys },
  { keystrokes: ['s'], text: 'sort by age, name, expiry or last use', perform: sortKeys },
  { keystrokes: ['v'], text: 'show or hide deleted keys', perform: toggleDeleted },
];

function inactivate(state: State): Step {
  return changeKey(
    state,
    (key) => activationForm(key, 'inactivateKey'),
    ({ status }) => (status === 'inactive' ? 'The key is inactive already.' : undefined),
  );
}

function activate(state: State): Step {
  return changeKey(
    state,
    (key) => activationForm(key, 'activateKey'),
    ({ status }) => (status === 'inactive' ? undefined : 'The key is not inactive.'),
  );
}

function rotationRefusal({ status }: KeyOnScreen): string | undefined {
  if (status === 'rotated') return 'The key was rotated before; rotate its successor.';
  return status === 'inactive' ? 'An inactive key can’t be rotated; activate it first (a).' : undefined;
}
