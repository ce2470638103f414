import type { CommandResult } from '../../src/administration/enforcement.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { findRole } from '../../src/projections/tables/keyRoles.ts';
import type { Cli } from '../cli.ts';
import { enforcementJson, warnOfEnforcement } from './enforcement.ts';
import { listed } from './keyView.ts';
import { keyCount, roleJson } from './roleView.ts';

/** Answers with a role as a change left it; `predicate` ends the sentence that begins with the role’s name. */
export async function answerRoleChange(
  { output }: Cli,
  db: Queryable,
  name: string,
  result: CommandResult,
  predicate: string,
): Promise<void> {
  const row = await findRole(db, name);
  const document = row === undefined ? { name } : roleJson(row);
  await output.answer({ ...document, ...enforcementJson(result) }, () =>
    row === undefined
      ? `The role ${name} ${predicate}.`
      : `The role ${name} ${predicate}: scopes ${listed(row.scopes)}; grants ${listed(row.grants)}. It is held by ${keyCount(row.keys)}.`,
  );
  warnOfEnforcement(output, result);
}
