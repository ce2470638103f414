import { DEFAULT_SCOPES } from '../../../../src/commands/apiKey.ts';
import type { Role } from '../../../../src/commands/keyRole.ts';
import { grantSchema } from '../../../../src/events/apiKey.ts';
import { roleNameSchema } from '../../../../src/events/heldRole.ts';
import { descriptionSchema } from '../../../../src/events/text.ts';
import type { CountedRole } from '../../../../src/projections/tables/keyRoles.ts';
import { parseScopes } from '../../../input/access.ts';
import { keyCount } from '../../../views/roleView.ts';
import type { Job } from '../../frame/model.ts';
import { jobOf } from '../../frame/startWork.ts';
import { complaint, GRANTS, grantsOf, SCOPES, scopesOf } from '../../screens/access/accessFields.ts';
import { namesIn } from '../../screens/access/namesIn.ts';
import { CHANGE } from '../../screens/change/runChange.ts';
import { choicesOf, openForm, type Complaints, type Field, type Form, type Values } from '../../screens/form/form.ts';
import { checkReason, checkTextOf, optional, REASON } from '../../screens/form/reason.ts';

const NAME: Field = { name: 'name', label: 'Name', kind: 'text', hint: 'engineering: a-z, 0-9 and -' };
const DESCRIPTION: Field = {
  name: 'description',
  label: 'About',
  kind: 'text',
  hint: 'what it is for; may stay empty',
};

/** Opens the form of a new role. */
export function createRoleForm(): Form {
  return openForm(
    {
      title: 'Create a role',
      about: ['What it gives comes on top of what a key has of its own. No key has it yet.'],
      fields: [NAME, DESCRIPTION, SCOPES, GRANTS],
      check: (values) => ({ name: checkTextOf(roleNameSchema, nameIn(values)), ...checkRole(values) }),
      working: 'Creating the role',
      submit: (values) => jobOf(CHANGE, { command: 'createRole', name: nameIn(values), role: roleOf(values) }),
    },
    // A role that gave every server by default would do so to many keys at once.
    { scopes: DEFAULT_SCOPES.join(','), grants: '' },
  );
}

function nameIn({ name = '' }: Values): string {
  return name.trim();
}

/** Opens the form that changes what a role gives. */
export function changeRoleForm(row: CountedRole): Form {
  const { name, description, scopes, grants } = row;
  return openForm(
    {
      title: `Change what the role ${name} gives`,
      about: [`It holds at once for ${holders(row)}, on every gateway.`],
      fields: [DESCRIPTION, SCOPES, GRANTS, REASON],
      check: (values) => ({ ...checkRole(values), reason: checkReason(values) }),
      working: 'Changing the role',
      submit: (values) => changeJob(row, roleOf(values), values),
    },
    { description: description ?? '', scopes: scopes.join(','), grants: grants.join(', ') },
  );
}

/** Opens the form that adds a grant to a role, or takes one away. */
export function grantOfRoleForm(row: CountedRole, what: 'add' | 'remove'): Form {
  const { name, description, grants } = row;
  const isAdd = what === 'add';
  const typed = (values: Values) => (values['grant'] ?? '').trim();
  const revised = (values: Values): readonly string[] =>
    isAdd ? [...new Set([...grants, typed(values)])] : grants.filter((grant) => grant !== typed(values));
  return openForm({
    title: isAdd ? `Add a grant to the role ${name}` : `Take a grant from the role ${name}`,
    about: [`It holds at once for ${holders(row)}, on every gateway. Now it gives ${grants.join(', ')}.`],
    fields: [{ ...GRANTS, name: 'grant', label: 'Grant', hint: GRANT_HINT }, REASON],
    check: (values) => ({
      grant: complaintOfGrant(typed(values), isAdd ? undefined : row),
      reason: checkReason(values),
    }),
    working: 'Changing the role',
    submit(values) {
      const role = {
        description: description ?? undefined,
        scopes: parseScopes(row.scopes) ?? [],
        grants: revised(values),
      };
      return changeJob(row, role, values);
    },
  });
}

const GRANT_HINT = '*, github, github:search_*. Ctrl-G: choose from what there is';

/** @param from the role that it is taken from */
function complaintOfGrant(grant: string, from: CountedRole | undefined): Complaints[string] {
  if (!grantSchema.safeParse(grant).success) return 'Write *, github or github:search_*.';
  if (from === undefined) return undefined;
  if (!from.grants.includes(grant)) return `The role does not give ${grant}.`;
  return from.grants.length === 1 ? 'A role gives one at least; delete the role instead.' : undefined;
}

// What was shown is what is changed: when someone else was faster, the user looks again.
function changeJob({ name, revision }: CountedRole, role: Role, values: Values): Job {
  return jobOf(CHANGE, { command: 'changeRole', name, role, ifMatch: revision, reason: optional(values, 'reason') });
}

/** Opens the form that deletes a role: its name is to be typed. */
export function deleteRoleForm(row: CountedRole): Form {
  const { name, keys } = row;
  return openForm({
    title: `Delete the role ${name} for good`,
    about: [
      keys === 0 ? 'No key has it.' : `What it gives is lost by ${holders(row)}, at once.`,
      'A role that is made later under this name is another one, and no key has it.',
      `To delete it, type its name: ${name}`,
    ],
    fields: [{ name: 'name', label: 'Name', kind: 'text' }, REASON],
    check: (values) => ({
      name: nameIn(values) === name ? undefined : 'This is not its name.',
      reason: checkReason(values),
    }),
    working: 'Deleting the role',
    submit: (values) => jobOf(CHANGE, { command: 'deleteRole', name, reason: optional(values, 'reason') }),
  });
}

function holders({ keys }: CountedRole): string {
  return keys === 1 ? 'the 1 key that has it' : `the ${keyCount(keys)} that have it`;
}

function checkRole(values: Values): Complaints {
  return {
    description: checkTextOf(descriptionSchema, values['description']),
    scopes: choicesOf(values['scopes'] ?? '').length === 0 ? 'A role gives a scope at least.' : undefined,
    grants:
      namesIn(values['grants']).length === 0
        ? 'A role gives a grant at least: *, github or github:search_*.'
        : complaint(() => grantsOf(values)),
  };
}

function roleOf(values: Values): Role {
  return { description: optional(values, 'description'), scopes: scopesOf(values), grants: grantsOf(values) };
}
