import { keyRoleStream } from '../../../../src/events/keyRole.ts';
import type { CountedRole } from '../../../../src/projections/tables/keyRoles.ts';
import { showsDetail } from '../../frame/detail.ts';
import { moveCursor, START } from '../../frame/lists/cursor.ts';
import type { State, Step, Target } from '../../frame/model.ts';
import { listHeight, push, readFrom, slotOf, withSlot } from '../../frame/state.ts';
import type { Form } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { ALL_ROLES, ONE_ROLE } from './read.ts';
import { roleInView, ROLES, rolesShown } from './state.ts';

/** Asks for the roles, and for what stands beside the list once the cursor has come to another one. */
export function readRoles(state: State): Step {
  const { all, isReading, asked } = slotOf(state, ROLES);
  if (all === undefined) {
    return isReading ? [state, []] : [withSlot(state, ROLES, { isReading: true }), [readFrom(ALL_ROLES, undefined)]];
  }
  const name = showsDetail(state) ? roleInView(state)?.name : undefined;
  if (name === undefined || name === asked) return [state, []];
  return [withSlot(state, ROLES, { asked: name }), [readFrom(ONE_ROLE, { name })]];
}

/** Asks again for the roles, if anybody has looked at them. */
export function readRolesAgain(state: State): Step {
  const { all, isReading } = slotOf(state, ROLES);
  if (all === undefined && !isReading) return [state, []];
  return [withSlot(state, ROLES, { asked: undefined }), [readFrom(ALL_ROLES, undefined)]];
}

/** Moves the cursor. */
export function moveInRoles(state: State, target: Target): State {
  const roles = slotOf(state, ROLES);
  const height = listHeight(state);
  const { length } = rolesShown(roles);
  return withSlot(state, ROLES, moveCursor(roles, target(roles.at, height, length - 1), length, height));
}

/** Filters the list. */
export function filterRoles(state: State, filter: string): State {
  return withSlot(state, ROLES, { ...START, filter });
}

/** Opens a form. */
export function openRoleForm(state: State, form: Form): Step {
  return [push(state, formScreen(form)), []];
}

/** Opens a form for the role in view. */
export function changeRole(state: State, formOf: (role: CountedRole) => Form): Step {
  const role = roleInView(state);
  return role === undefined ? [state, []] : openRoleForm(state, formOf(role));
}

/** Opens the history of the role in view. */
export function openRoleHistory(state: State): Step {
  const role = roleInView(state);
  return role === undefined ? [state, []] : openTimeline(state, keyRoleStream(role.name));
}
