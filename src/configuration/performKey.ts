import type { ApiKeyAdministration, IssuedKey } from '../administration/apiKeys.ts';
import type { KeyRoleAdministration } from '../administration/keyRoles.ts';
import type { CommandResult } from '../administration/enforcement.ts';
import type { CommandContext } from '../events/metadata.ts';
import { LABEL_FIELDS, type KeyStep } from './keyStep.ts';
import { performInOrder, type Performed } from './performServer.ts';

export interface PerformKeyOptions {
  readonly keys: ApiKeyAdministration;
  readonly roles: Pick<KeyRoleAdministration, 'find'>;
  readonly context: CommandContext;
  readonly reason: string | undefined;
  /** Takes the secret of a new key, before anything else can fail. */
  readonly onIssued: (issued: IssuedKey) => Promise<void>;
}

type Change = (ifMatch: number | undefined) => Promise<CommandResult>;

/**
 * Does to a key what was planned, one event for each real change. It is inactivated before and activated after its
 * access changes, so that it never has access that was not asked for.
 * @throws Conflict `revision-mismatch` when somebody changed it since the plan was made; Refused; Unavailable
 */
export async function performKey(step: KeyStep, options: PerformKeyOptions): Promise<Performed> {
  const { keys, roles, context, reason, onIssued } = options;
  const { action, desired, changes, revision } = step;
  let id = step.id ?? '';
  const inactivate: Change = (ifMatch) => keys.inactivate(id, reason, context, { ifMatch });
  const activate: Change = (ifMatch) => keys.activate(id, reason, context, { ifMatch });
  if (action === 'none') return { changed: false, unconfirmed: [] };
  if (desired === undefined)
    return performInOrder([(ifMatch) => keys.remove(id, reason, context, { ifMatch })], revision);
  const { name, description, active, owner, tags, roles: names, ...own } = desired;
  // Not before it is needed: a role that can't be read keeps no key from being inactivated.
  const findAccess = async () => ({ ...own, roles: await roles.find(names) });
  if (action === 'create') {
    const create: Change = async () => {
      const issued = await keys.create({ name, description, owner, tags, ...(await findAccess()) }, context);
      id = issued.id;
      await onIssued(issued);
      return issued;
    };
    return performInOrder([create, ...(active ? [] : [inactivate])], undefined);
  }
  const changeAccess: Change = async (ifMatch) => {
    const access = await findAccess();
    return keys.changeAccess(id, () => access, context, { ifMatch, reason });
  };
  const label: Change = (ifMatch) => keys.label(id, () => ({ owner, tags }), context, { ifMatch, reason });
  const toggles = changes.some(({ field }) => field === 'active');
  const inOrder = [
    ...(toggles && !active ? [inactivate] : []),
    ...(changes.some(({ field }) => field !== 'active' && !LABEL_FIELDS.has(field)) ? [changeAccess] : []),
    ...(changes.some(({ field }) => LABEL_FIELDS.has(field)) ? [label] : []),
    ...(toggles && active ? [activate] : []),
  ];
  return performInOrder(inOrder, revision);
}
