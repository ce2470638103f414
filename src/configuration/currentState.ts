import type { ServerInput } from '../administration/serverInput.ts';
import type { KeyRoleRow } from '../projections/tables/keyRoles.ts';
import type { ApiKeyRow } from '../projections/tables/apiKeys.ts';

/** A server as it stands, with its secrets: never shown, only compared. */
export interface CurrentServer {
  readonly name: string;
  readonly input: ServerInput;
  readonly enabled: boolean;
  readonly revision: number;
}

/** A role as it stands. */
export type CurrentRole = Pick<KeyRoleRow, 'name' | 'description' | 'scopes' | 'grants' | 'revision'>;

/** A key as it stands. */
export type CurrentKey = Omit<ApiKeyRow, 'sealed'>;
