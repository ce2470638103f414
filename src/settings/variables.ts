import { ALL_DEFINITIONS } from './definedSettings.ts';
import type { Secrecy } from './definition.ts';

/** What the settings are read from; XDG_DATA_HOME is the system’s. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Every variable that the settings are read from, but for `NAME_FILE` of a secret. */
export const SETTINGS: Readonly<Record<string, Secrecy>> = Object.fromEntries(
  ALL_DEFINITIONS.map(({ variable, secrecy }) => [variable, secrecy]),
);

/** The settings that are secrets. */
export const SECRET_SETTINGS: readonly string[] = ALL_DEFINITIONS.filter(({ secrecy }) => secrecy === 'secret').map(
  ({ variable }) => variable,
);

/** The key with which clients, metamcp-cli among them, speak to a gateway. */
export const GATEWAY_KEY = 'METAMCP_KEY';

/**
 * Secrets, and files with secrets, of what belongs to an installation and is not read by src/settings/settings.ts: of PostgreSQL’s
 * own client, of the compose files, and of clients.
 */
export const RELATED_SECRETS = [
  GATEWAY_KEY,
  'PGPASSWORD',
  'PGPASSFILE',
  'PGSERVICEFILE',
  'PGSSLKEY',
  'POSTGRES_PASSWORD',
  'EVENT_STORE_PASSWORD',
  'PGADMIN_PASSWORD',
] as const;
