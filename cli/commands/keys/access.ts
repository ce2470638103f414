import { present } from '../../../src/administration/present.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { findUnmetGrants } from '../../../src/administration/unmetGrants.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { HeldRole } from '../../../src/events/heldRole.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { Cli } from '../../cli.ts';
import { attributed, formatTime, keyTitle, listed } from '../../views/keyView.ts';
import { accessRevisionOf, type AccessOptions } from './accessRevision.ts';
import { changeKeys } from './changeKeys.ts';
import type { KeyChangeOptions } from './keyChange.ts';

export interface ChangeAccessOptions extends AccessOptions, Omit<KeyChangeOptions, 'grant' | 'role'> {
  /** Which keys are meant. */
  readonly withGrant?: readonly string[];
  readonly withRole?: readonly string[];
}

/** What was to be taken away, and the key did not have. */
type AccessResult = CommandResult & { readonly missing: readonly string[] };

/** Changes what a key may do, or those that are meant. */
export async function changeAccess(cli: Cli, typed: readonly string[], options: ChangeAccessOptions): Promise<void> {
  const { revise, roles: names, given, taken, missingOf } = accessRevisionOf(options);
  // Here --grant and --role are what they get.
  const { grant: _grant, role: _role, withGrant, withRole, ...others } = options;
  const which = { ...others, ...present({ grant: withGrant, role: withRole }) };
  // Once for all keys that one command changes.
  let found: Promise<readonly HeldRole[]> | undefined;
  await changeKeys(
    cli,
    typed,
    which,
    {
      verb: 'change the access of',
      forget: () => (found = undefined),
      async run({ keys, roles }, { id }, context, { ifMatch }) {
        const gets = await (found ??= roles.find(names));
        let missing: readonly string[] = [];
        const noting = (current: Access): Access => {
          missing = missingOf(current);
          return revise(current, gets);
        };
        const result = await keys.changeAccess(id, noting, context, { ifMatch, reason: options.reason });
        return { ...result, missing };
      },
      predicate: ({ changed, missing }: AccessResult) =>
        changed ? `is changed${missingText(missing)}` : 'was so already',
      warnings: async ({ db }, keys) => {
        const [only, ...more] = keys;
        const whose = only === undefined || more.length > 0 ? 'Each of them' : `The key “${only.name}”`;
        return (await findUnmetGrants(db, given)).map((end) => `${whose} ${end}`);
      },
      refuseUnchanged(keys) {
        if (taken.length > 0) throw nothingTaken(keys, taken);
      },
    },
    ({ changed, missing }, row) => {
      const end = row.expiresAt === null ? 'never expires' : `expires ${formatTime(row.expiresAt)}`;
      return `${changed ? 'now' : 'already'} has the scopes ${attributed(row, 'scopes')}, the grants ${attributed(row, 'grants')}, and ${end}${missingText(missing)}`;
    },
  );
}

function missingText(missing: readonly string[]): string {
  return missing.length === 0 ? '' : `; it had no ${listed(missing)}`;
}

function nothingTaken(keys: readonly ApiKeyRow[], taken: readonly string[]): Refused {
  const [key, ...others] = keys;
  const what = taken.join(', ');
  const message =
    key === undefined || others.length > 0
      ? `None of the ${keys.length} keys has ${what}; nothing was changed.`
      : `${keyTitle(key)} does not have ${what}; nothing was changed. It has the scopes ${listed(key.scopes)}, and the grants ${listed(key.grants)}.`;
  return new Refused('access-not-held', message, { data: { missing: taken } });
}
