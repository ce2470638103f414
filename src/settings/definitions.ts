import { isLimitOfKey } from '../events/readLimit.ts';
import { LOG_LEVELS } from '../logging/levels.ts';
import { setting } from './definition.ts';
import { SERVER_DEFINITIONS } from './serverDefinitions.ts';
import {
  choice,
  isDecodable,
  list,
  onOrOff,
  path,
  plainUrl,
  seconds,
  share,
  text,
  url,
  wholeNumber,
} from './settingTypes.ts';

/**
 * Every setting. To add one, add it here: this is its variable, its member of `metamcp.toml`, its type in `Settings`, its check and
 * its row of docs/configuration.md, which `npm run -s docs` writes, as the block of .env.example.
 */
export const DEFINITIONS = {
  /** The state folder: embedded Postgres and local secrets. */
  home: setting({
    variable: 'METAMCP_HOME',
    member: 'home',
    secrecy: 'location',
    type: path('a folder'),
    standardText: 'as root `/var/lib/metamcp`, else `$XDG_DATA_HOME/metamcp` or `~/.local/share/metamcp`',
    meaning: 'Where the embedded PostgreSQL and the local secrets live.',
  }),
  configFile: setting({
    variable: 'METAMCP_CONFIG',
    secrecy: 'location',
    type: path('a file'),
    meaning: 'The settings file, as `--config FILE`, which goes before it.',
  }),
  ...SERVER_DEFINITIONS,
  workers: setting({
    variable: 'WORKERS',
    member: 'workers',
    type: wholeNumber({ min: 1, max: 64 }),
    standard: 1,
    meaning:
      'Processes that serve the port together, for more than one core, as `--workers N`, which goes before it (docs/operating.md, More than one core).',
  }),
  metrics: {
    host: setting({
      variable: 'METRICS_HOST',
      member: 'metrics.host',
      type: text('a name or an IP address of this machine'),
      standard: '127.0.0.1',
      meaning: 'The address at which metrics are read.',
    }),
    port: setting({
      variable: 'METRICS_PORT',
      member: 'metrics.port',
      type: wholeNumber({ min: 0, max: 65_535 }),
      standardText: 'none: no metrics',
      meaning: 'The port at which metrics are read (`/metrics`); 0: any free one.',
    }),
  },
  stdio: {
    idleStopMs: setting({
      variable: 'STDIO_IDLE_STOP_SECONDS',
      member: 'stdio.idle_stop_seconds',
      type: seconds({ min: 1, max: 2_000_000 }),
      standard: 600,
      meaning: 'A program of a server on stdio that nobody has used for so long is stopped until it is needed.',
    }),
    maxPrograms: setting({
      variable: 'STDIO_MAX_PROGRAMS',
      member: 'stdio.max_programs',
      type: wholeNumber({ min: 1 }),
      standard: 256,
      meaning: 'Programs of servers on stdio at once.',
    }),
    maxProgramsPerServer: setting({
      variable: 'STDIO_MAX_PROGRAMS_PER_SERVER',
      member: 'stdio.max_programs_per_server',
      type: wholeNumber({ min: 1 }),
      standard: 128,
      meaning: 'Of one server.',
    }),
    maxProgramsPerKey: setting({
      variable: 'STDIO_MAX_PROGRAMS_PER_KEY',
      member: 'stdio.max_programs_per_key',
      type: wholeNumber({ min: 1 }),
      standard: 128,
      meaning: 'For one API key.',
    }),
  },
  keyLimits: setting({
    variable: 'KEY_LIMITS',
    member: 'key_limits',
    type: list('limits, such as requests=100/s, calls=10 or tool:github:search_*=50/h', isLimitOfKey),
    standard: [],
    meaning: 'What keys have that have no limits of their own, and none of their roles (docs/operating.md, Limits).',
  }),
  logLevel: setting({
    variable: 'LOG_LEVEL',
    member: 'log_level',
    type: choice(LOG_LEVELS),
    standard: 'info',
    meaning: 'The least urgent lines that are in the log.',
    isReread: true,
  }),
  logFormat: setting({
    variable: 'LOG_FORMAT',
    member: 'log_format',
    type: choice(['auto', 'json', 'text']),
    standard: 'auto',
    meaning: 'How lines of the log are written; `auto`: text on a terminal, else JSON.',
  }),
  accessLog: setting({
    variable: 'LOG_CALLS',
    member: 'log_calls',
    type: onOrOff(),
    standard: true,
    meaning: 'Each call has a line in the log.',
  }),
  /** 0: none is recorded. */
  usageRetentionDays: setting({
    variable: 'USAGE_RETENTION_DAYS',
    member: 'usage_retention_days',
    type: wholeNumber({ min: 0, max: 36_500, unit: 'days' }),
    standard: 400,
    meaning: 'For how long usage figures are kept; 0: none are gathered.',
  }),
  tracing: {
    otlpEndpoint: setting({
      variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      member: 'tracing.otlp_endpoint',
      type: plainUrl(),
      standardText: 'none: no traces',
      meaning: 'The base URL of a collector that takes traces by OTLP over HTTP.',
    }),
    /** `name=value,name=value` */
    otlpHeaders: setting({
      variable: 'OTEL_EXPORTER_OTLP_HEADERS',
      secrecy: 'secret',
      type: text(
        'pairs as name=value with commas between, with special characters in values written as %XX',
        isDecodable,
      ),
      meaning: 'What the collector asks for, such as credentials: `name=value,…`.',
    }),
    serviceName: setting({
      variable: 'OTEL_SERVICE_NAME',
      member: 'tracing.service_name',
      type: text('a text of 1 to 255 characters', (name) => name.length <= 255),
      standard: 'metamcp',
      meaning: 'The name of the service in traces.',
    }),
    ratio: setting({
      variable: 'OTEL_TRACES_SAMPLER_ARG',
      member: 'tracing.ratio',
      type: share(),
      standard: 1,
      meaning: 'The share of traces that is kept, of those that begin here.',
    }),
  },
  /** Absent: the embedded Postgres. */
  databaseUrl: setting({
    variable: 'DATABASE_URL',
    member: 'database_url',
    secrecy: 'secret',
    type: url(['postgresql://', 'postgres://']),
    standardText: 'the embedded PostgreSQL',
    meaning:
      'A PostgreSQL of your own (14 or newer); then both secrets are required. The password goes in clear text only by TLS (`?sslmode=verify-full`); `?require_auth=scram-sha-256` allows nothing but SCRAM.',
  }),
  /** Absent: the events live in the same Postgres. */
  eventStoreUrl: setting({
    variable: 'EVENT_STORE_URL',
    member: 'event_store_url',
    secrecy: 'secret',
    type: text(
      'a URL that begins with esdb:// or esdb+discover:// (or kurrentdb), as EventStoreDB’s connection strings do',
      (value) => /^(esdb|kurrentdb)(\+discover)?:\/\/./.test(value),
    ),
    standardText: 'events are in PostgreSQL',
    meaning:
      'EventStoreDB or KurrentDB as the event store. A cluster: all of its nodes, `esdb://a:2113,b:2113,c:2113` (docs/eventstoredb.md).',
  }),
  eventStorePrefix: setting({
    variable: 'EVENT_STORE_PREFIX',
    member: 'event_store_prefix',
    // It stands before `apiKey-…` in EventStoreDB, whose own streams begin with $.
    type: text('1 to 64 letters, digits, ., _ or -', (value) => /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/.test(value)),
    standard: '',
    standardText: 'none',
    meaning:
      'Before the name of every stream: set it before the first start when others write to the same EventStoreDB.',
  }),
  jwtSecret: secretOf('JWT_SECRET', 'Signs access tokens. Make it with `openssl rand -base64 32`.'),
  jwtSecretPrevious: secretOf('JWT_SECRET_PREVIOUS', 'While JWT_SECRET is being rotated, the one before it.', 'none'),
  encryptionKey: secretOf(
    'ENCRYPTION_KEY',
    'Encrypts the secrets of keys and servers. Make it with `openssl rand -base64 32`.',
  ),
  encryptionKeyPrevious: secretOf(
    'ENCRYPTION_KEY_PREVIOUS',
    'While ENCRYPTION_KEY is being rotated, the one before it.',
    'none',
  ),
};

function secretOf(
  variable: string,
  meaning: string,
  standardText = 'made on the first start, with the embedded PostgreSQL',
) {
  return setting({ variable, secrecy: 'secret', type: text(), standardText, meaning });
}
