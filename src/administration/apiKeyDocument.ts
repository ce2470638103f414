import type { ApiKeyRow } from '../projections/tables/apiKeys.ts';
import type { RoleOfKey } from '../projections/tables/keyRoles.ts';
import { present } from './present.ts';

/** Shows a key in JSON, the same over REST and in the CLI; never a secret. */
export function apiKeyDocument(row: ApiKeyRow) {
  return {
    id: row.id,
    name: row.name,
    ...present({ description: row.description, owner: row.owner }),
    ...(row.tags.length > 0 && { tags: row.tags }),
    status: row.status,
    ...present({ fault: row.fault }),
    scopes: row.scopes,
    grants: row.grants,
    ...(row.roles.length > 0 && { roles: rolesJson(row.roles) }),
    ...(row.limits.length > 0 && { limits: row.limits }),
    ...(row.networks.length > 0 && { networks: row.networks }),
    ...(row.credentials.length > 0 && {
      credentials: row.credentials.map(({ server, headers, env }) => ({
        server,
        header_names: headers,
        env_names: env,
      })),
    }),
    ...present({
      expires_at: row.expiresAt?.toISOString(),
      rotated_from: row.rotatedFrom,
      successor_id: row.successorId,
      valid_until: row.validUntil?.toISOString(),
    }),
    created_at: row.createdAt.toISOString(),
    created_by: row.createdBy,
    updated_at: row.updatedAt.toISOString(),
  };
}

/** Shows the roles of a key in JSON, and what each gives now. */
export function rolesJson(roles: readonly RoleOfKey[]) {
  return roles.map(({ name, scopes, grants, lost }) => ({ name, scopes, grants, ...present({ lost }) }));
}
