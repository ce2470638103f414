import type { KeyRoleAdministration } from '../administration/keyRoles.ts';
import type { CommandContext } from '../events/metadata.ts';
import { performInOrder, type Performed } from './performServer.ts';
import type { RoleStep } from './roleStep.ts';

/** Does to a role what was planned. @throws Conflict `revision-mismatch` when somebody changed it since the plan was made; Refused; Unavailable */
export function performRole(
  { action, name, desired, revision }: RoleStep,
  roles: KeyRoleAdministration,
  context: CommandContext,
  reason?: string,
): Promise<Performed> {
  if (action === 'none') return Promise.resolve({ changed: false, unconfirmed: [] });
  if (desired === undefined)
    return performInOrder([(ifMatch) => roles.remove(name, reason, context, { ifMatch })], revision);
  if (action === 'create') return performInOrder([() => roles.create(name, desired, context)], undefined);
  return performInOrder([(ifMatch) => roles.change(name, () => desired, context, { ifMatch, reason })], revision);
}
