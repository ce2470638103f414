import type { Shortcut } from '../../frame/model.ts';
import { changeRoleForm, createRoleForm, deleteRoleForm, grantOfRoleForm } from './forms.ts';
import { changeRole, openRoleForm, openRoleHistory } from './reduce.ts';

/** What can be done with one role. */
export const ROLE_SHORTCUTS: readonly Shortcut[] = [
  {
    keystrokes: ['e'],
    text: 'change what the role gives, for all keys that have it',
    hint: 'change',
    perform: (state) => changeRole(state, changeRoleForm),
  },
  {
    keystrokes: ['+'],
    text: 'add a grant to the role',
    hint: 'add a grant',
    perform: (state) => changeRole(state, (role) => grantOfRoleForm(role, 'add')),
  },
  {
    keystrokes: ['-'],
    text: 'take a grant from the role',
    perform: (state) => changeRole(state, (role) => grantOfRoleForm(role, 'remove')),
  },
  {
    keystrokes: ['d'],
    text: 'delete the role for good',
    hint: 'delete',
    perform: (state) => changeRole(state, deleteRoleForm),
  },
  { keystrokes: ['t'], text: 'travel through the role’s history', hint: 'history', perform: openRoleHistory },
];

/** What can be done in the list of roles. */
export const ROLES_SHORTCUTS: readonly Shortcut[] = [
  {
    keystrokes: ['c'],
    text: 'create a role',
    hint: 'create',
    perform: (state) => openRoleForm(state, createRoleForm()),
  },
  ...ROLE_SHORTCUTS,
];
