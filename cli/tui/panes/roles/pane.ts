import type { Pane } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { filterRoles, moveInRoles, readRoles, readRolesAgain } from './reduce.ts';
import { openRole, roleBesideList } from './roleScreen.ts';
import { ROLES_SHORTCUTS } from './shortcuts.ts';
import { roleInView, ROLES } from './state.ts';
import { rolesLines, rolesSummary } from './view.ts';

/** Roles: what they give, how many keys have them, and everything that can be done with a role. */
export const ROLES_PANE: Pane = {
  name: ROLES.name,
  title: 'Roles',
  shortcuts: ROLES_SHORTCUTS,
  lines: rolesLines,
  detail: roleBesideList,
  commands: () => [['roles', 'list']],
  subject: (state) => roleInView(state)?.name,
  summary: rolesSummary,
  move: moveInRoles,
  list: { open: openRole, filterOf: (state) => slotOf(state, ROLES).filter, filterBy: filterRoles },
  read: readRoles,
  readAgain: readRolesAgain,
};
