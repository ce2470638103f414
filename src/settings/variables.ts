/**
 * Every variable that the settings are read from, and what its value is to others: `secret` (which `NAME_FILE` may name a
 * file for), the `location` of secrets, or `plain`. src/settings/settings.ts can read no other, and nothing that is a secret or the
 * location of one is ever given to a server (ownSecrets.ts).
 */
export const SETTINGS = {
  METAMCP_HOME: 'location',
  METAMCP_CONFIG: 'location',
  SERVER_HOST: 'plain',
  SERVER_PORT: 'plain',
  SERVER_PEER_URL: 'plain',
  SERVER_ALLOWED_HOSTS: 'plain',
  SERVER_ALLOWED_ORIGINS: 'plain',
  SERVER_MAX_BODY_BYTES: 'plain',
  SERVER_UNPREFIXED: 'plain',
  SERVER_CIRCUIT_FAILURES: 'plain',
  SERVER_CIRCUIT_RETRY_SECONDS: 'plain',
  SERVER_MAX_CONNECTIONS: 'plain',
  SERVER_MAX_CONNECTIONS_PER_ADDRESS: 'plain',
  SERVER_REQUESTS_PER_ADDRESS: 'plain',
  SERVER_REFUSED_CREDENTIALS_PER_ADDRESS: 'plain',
  METRICS_HOST: 'plain',
  METRICS_PORT: 'plain',
  STDIO_IDLE_STOP_SECONDS: 'plain',
  STDIO_MAX_PROGRAMS: 'plain',
  STDIO_MAX_PROGRAMS_PER_SERVER: 'plain',
  STDIO_MAX_PROGRAMS_PER_KEY: 'plain',
  LOG_LEVEL: 'plain',
  LOG_FORMAT: 'plain',
  LOG_CALLS: 'plain',
  USAGE_RETENTION_DAYS: 'plain',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'plain',
  OTEL_EXPORTER_OTLP_HEADERS: 'secret',
  OTEL_SERVICE_NAME: 'plain',
  OTEL_TRACES_SAMPLER_ARG: 'plain',
  DATABASE_URL: 'secret',
  EVENT_STORE_URL: 'secret',
  EVENT_STORE_PREFIX: 'plain',
  JWT_SECRET: 'secret',
  JWT_SECRET_PREVIOUS: 'secret',
  ENCRYPTION_KEY: 'secret',
  ENCRYPTION_KEY_PREVIOUS: 'secret',
} as const satisfies Readonly<Record<string, 'plain' | 'location' | 'secret'>>;

export type Setting = keyof typeof SETTINGS;
export type SecretSetting = { [Name in Setting]: (typeof SETTINGS)[Name] extends 'secret' ? Name : never }[Setting];

/** What the settings are read from; XDG_DATA_HOME is the system’s. */
export type Variables = Readonly<
  Partial<Record<Setting | `${SecretSetting}_FILE` | 'XDG_DATA_HOME', string | undefined>>
>;

/** The settings that are secrets. */
export const SECRET_SETTINGS = Object.entries(SETTINGS)
  .filter(([, kind]) => kind === 'secret')
  .map(([name]) => name as SecretSetting);

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
