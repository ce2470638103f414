import type { CountedRole } from '../projections/tables/keyRoles.ts';
import { present } from './present.ts';

/** Shows a role in JSON, the same over REST and in the CLI. */
export function keyRoleDocument(row: CountedRole) {
  const { name, description, fault, scopes, grants, keys, createdAt, createdBy, updatedAt } = row;
  return {
    name,
    ...present({ description, fault }),
    scopes,
    grants,
    keys,
    created_at: createdAt.toISOString(),
    created_by: createdBy,
    updated_at: updatedAt.toISOString(),
  };
}
