import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import { LOG_LEVELS } from '../logging/levels.ts';
import type { LogFormat } from '../logging/logDestination.ts';
import { inheritedVariables } from '../inheritedVariables.ts';
import { plainFault } from '../plainFault.ts';
import { readLimit } from '../events/limit.ts';
import { readSecret, readSettingsFile, readText } from './settingsFiles.ts';
import type { SecretSetting, Setting, Variables } from './variables.ts';

const postgresUrl = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) && isDecodable(text),
    'must be a URL that begins with postgresql://, with special characters in it written as %XX',
  );
const eventStoreUrl = z
  .string()
  .regex(
    /^(esdb|kurrentdb)(\+discover)?:\/\/./,
    'must begin with esdb:// or esdb+discover:// (or kurrentdb), as EventStoreDB’s connection strings do',
  );
/** It stands before `apiKey-…` in EventStoreDB, whose own streams begin with $. */
const streamPrefix = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ., _ or -');
const serverName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be the name of a server');
/** It may be that of a private network, but none of a path or a user. */
const peerUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}, 'must be an address without a path, such as http://10.0.0.5:12009');
const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'must be a URL that begins with http:// or https://',
  );
/** As `requests=100/s` of a key, without its beginning; 0: as many as it likes. */
const rate = z
  .string()
  .refine(
    (text) => text === '0' || readLimit(`requests=${text}`) !== undefined,
    'must be a number and a time, as 100/s or 1000/m',
  );
const hostList = z.array(z.string().min(1));

/** Every setting, as `metamcp.toml` spells it. */
const fileSchema = z.strictObject({
  home: z.string().optional(),
  usage_retention_days: z.int().min(0).max(36_500).optional(),
  log_format: z.enum(['auto', 'json', 'text']).optional(),
  log_calls: z.boolean().optional(),
  log_level: z.enum(LOG_LEVELS).optional(),
  tracing: z
    .strictObject({
      otlp_endpoint: httpUrl.optional(),
      service_name: z.string().min(1).max(255).optional(),
      ratio: z.number().min(0).max(1).optional(),
    })
    .optional(),
  database_url: postgresUrl.optional(),
  event_store_url: eventStoreUrl.optional(),
  event_store_prefix: streamPrefix.optional(),
  server: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65_535).optional(),
      peer_url: peerUrl.optional(),
      allowed_hosts: hostList.optional(),
      allowed_origins: hostList.optional(),
      max_body_bytes: z.int().min(1_024).optional(),
      unprefixed: serverName.optional(),
      circuit_failures: z.int().min(0).max(1_000_000).optional(),
      circuit_retry_seconds: z.int().min(1).max(86_400).optional(),
      max_connections: z.int().min(16).optional(),
      max_connections_per_address: z.int().min(1).optional(),
      requests_per_address: rate.optional(),
      refused_credentials_per_address: rate.optional(),
    })
    .optional(),
  metrics: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65_535).optional(),
    })
    .optional(),
  stdio: z
    .strictObject({
      idle_stop_seconds: z.int().min(1).max(2_000_000).optional(),
      max_programs: z.int().min(1).optional(),
      max_programs_per_server: z.int().min(1).optional(),
      max_programs_per_key: z.int().min(1).optional(),
    })
    .optional(),
});

/** So many in a time. */
export interface Rate {
  readonly text: string;
  readonly count: number;
  readonly windowMs: number;
}

export interface Settings {
  /** The state folder: embedded Postgres and local secrets. */
  readonly home: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where the other gateways of this installation reach this one; undefined: they don't. */
  readonly peerUrl: string | undefined;
  /** DNS names, without port, under which the gateway may be addressed, besides loopback names and IP addresses. */
  readonly allowedHosts: readonly string[];
  /** Web origins that may call it from a browser, besides loopback ones. */
  readonly allowedOrigins: readonly string[];
  /** The server whose tools and prompts keep their own names at /mcp; undefined: none. */
  readonly unprefixedServer: string | undefined;
  readonly circuit: {
    /** Calls in a row without an answer after which a server is not asked for a while; 0: it always is; undefined: 5. */
    readonly failures: number | undefined;
    /** How long it is not asked until one call tries it; undefined: 10 s. */
    readonly retryMs: number | undefined;
  };
  /** Connections at once; undefined: 16,384. */
  readonly maxConnections: number | undefined;
  /** Connections of one remote address at once; undefined: three quarters of all. */
  readonly maxConnectionsPerAddress: number | undefined;
  /** Of one remote address, before it is known who asks; undefined: as many as it likes. */
  readonly perAddress: { readonly requests: Rate | undefined; readonly failures: Rate | undefined };
  /** The largest request body; undefined: 16 MiB. */
  readonly maxBodyBytes: number | undefined;
  readonly metrics: {
    readonly host: string;
    /** 0: any free port; undefined: there are none. */
    readonly port: number | undefined;
  };
  readonly stdio: {
    /** A program of a server on stdio that nobody has used for so long is stopped; undefined: 10 minutes. */
    readonly idleStopMs: number | undefined;
    /** Such programs at once; undefined: 256. */
    readonly maxPrograms: number | undefined;
    /** Of one server; undefined: 128. */
    readonly maxProgramsPerServer: number | undefined;
    /** Of one key; undefined: 128. */
    readonly maxProgramsPerKey: number | undefined;
  };
  /** What programs of servers get of the gateway's own environment. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Absent: the embedded Postgres. */
  readonly databaseUrl: string | undefined;
  /** Absent: the events live in the same Postgres. */
  readonly eventStoreUrl: string | undefined;
  /** Stands before the name of every stream in EventStoreDB; '' unless several installations share one. */
  readonly eventStorePrefix: string;
  readonly logLevel: string;
  /** `auto`: text on a terminal, else JSON. */
  readonly logFormat: LogFormat;
  readonly tracing: {
    /** Where traces are sent, over OTLP/HTTP; undefined: nowhere. */
    readonly otlpEndpoint: string | undefined;
    /** `name=value,name=value`: what the collector asks for, such as credentials. */
    readonly otlpHeaders: string | undefined;
    readonly serviceName: string;
    /** The share of traces that is kept, of those that begin here. */
    readonly ratio: number;
  };
  /** Each call has a line. */
  readonly accessLog: boolean;
  /** Usage older than so many days is deleted; 0: none is recorded. */
  readonly usageRetentionDays: number;
  /** Given secrets; absent with the embedded Postgres: made on the first start, in the state folder. */
  readonly jwtSecret: string | undefined;
  readonly jwtSecretPrevious: string | undefined;
  readonly encryptionKey: string | undefined;
  readonly encryptionKeyPrevious: string | undefined;
}

export interface SettingsSources {
  /** (Default: the process's environment) */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for. (Default: the working directory) */
  readonly cwd?: string;
  /** The `--config` option. (Default: METAMCP_CONFIG, or none) */
  readonly configFile?: string | undefined;
}

/**
 * Reads the configuration: the environment over `.env` over the file over the defaults.
 * @throws Invalid `config-invalid`, with a sentence that names the setting
 */
export function readSettings({ env = process.env, cwd = process.cwd(), configFile }: SettingsSources = {}): Settings {
  const variables = readVariables({ env, cwd });
  const path = configFile ?? variables['METAMCP_CONFIG'];
  const file = path === undefined ? {} : readSettingsFile(resolve(cwd, path));
  const merged = parse(fileSchema, overlay(file, variables), 'The configuration');
  const databaseUrl = merged.database_url;
  const secret = (name: SecretSetting) => readSecret(variables, name);
  const settings: Settings = {
    home: resolve(cwd, merged.home ?? defaultHome(variables)),
    host: merged.server?.host ?? '127.0.0.1',
    port: merged.server?.port ?? 12_009,
    peerUrl: merged.server?.peer_url === undefined ? undefined : new URL(merged.server.peer_url).origin,
    allowedHosts: merged.server?.allowed_hosts ?? [],
    allowedOrigins: merged.server?.allowed_origins ?? [],
    unprefixedServer: merged.server?.unprefixed,
    circuit: {
      failures: merged.server?.circuit_failures,
      retryMs: milliseconds(merged.server?.circuit_retry_seconds),
    },
    maxConnections: merged.server?.max_connections,
    maxConnectionsPerAddress: merged.server?.max_connections_per_address,
    perAddress: {
      requests: rateOf(merged.server?.requests_per_address ?? '0'),
      failures: rateOf(merged.server?.refused_credentials_per_address ?? '1000/m'),
    },
    maxBodyBytes: merged.server?.max_body_bytes,
    metrics: { host: merged.metrics?.host ?? '127.0.0.1', port: merged.metrics?.port },
    stdio: {
      idleStopMs: milliseconds(merged.stdio?.idle_stop_seconds),
      maxPrograms: merged.stdio?.max_programs,
      maxProgramsPerServer: merged.stdio?.max_programs_per_server,
      maxProgramsPerKey: merged.stdio?.max_programs_per_key,
    },
    inherited: inheritedVariables(env),
    databaseUrl,
    eventStoreUrl: merged.event_store_url,
    eventStorePrefix: merged.event_store_prefix ?? '',
    logLevel: merged.log_level ?? 'info',
    logFormat: merged.log_format ?? 'auto',
    accessLog: merged.log_calls ?? true,
    tracing: {
      otlpEndpoint: merged.tracing?.otlp_endpoint,
      otlpHeaders: secret('OTEL_EXPORTER_OTLP_HEADERS'),
      serviceName: merged.tracing?.service_name ?? 'metamcp',
      ratio: merged.tracing?.ratio ?? 1,
    },
    usageRetentionDays: merged.usage_retention_days ?? 400,
    jwtSecret: secret('JWT_SECRET'),
    jwtSecretPrevious: secret('JWT_SECRET_PREVIOUS'),
    encryptionKey: secret('ENCRYPTION_KEY'),
    encryptionKeyPrevious: secret('ENCRYPTION_KEY_PREVIOUS'),
  };
  if (databaseUrl !== undefined && (settings.jwtSecret === undefined || settings.encryptionKey === undefined)) {
    throw new Invalid(
      'config-invalid',
      'With DATABASE_URL, JWT_SECRET and ENCRYPTION_KEY (or JWT_SECRET_FILE, ENCRYPTION_KEY_FILE) must be set. ' +
        'Make each with: openssl rand -base64 32',
    );
  }
  return settings;
}

/** Reads the variables of the environment over those of `.env`; an empty one counts as one that is not set. */
export function readVariables({ env, cwd }: Required<Pick<SettingsSources, 'env' | 'cwd'>>): Variables {
  const dotEnv = join(cwd, '.env');
  return {
    ...(existsSync(dotEnv) ? parseEnv(readText(dotEnv, dotEnv)) : {}),
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== '')),
  };
}

/** Puts the environment's settings over the file's. */
function overlay(file: Record<string, unknown>, env: Variables): Record<string, unknown> {
  const section = (name: string) => (typeof file[name] === 'object' ? file[name] : {});
  const number = (name: Setting) => (env[name] === undefined ? undefined : Number(env[name]));
  const list = (text: string | undefined) => text?.split(',').map((item) => item.trim());
  return defined({
    ...file,
    ...defined({
      home: env['METAMCP_HOME'],
      log_level: env['LOG_LEVEL'],
      log_format: env['LOG_FORMAT'],
      log_calls: yesOrNo(env['LOG_CALLS']),
      database_url: readSecret(env, 'DATABASE_URL'),
      event_store_url: readSecret(env, 'EVENT_STORE_URL'),
      event_store_prefix: env['EVENT_STORE_PREFIX'],
      usage_retention_days: number('USAGE_RETENTION_DAYS'),
    }),
    server: {
      ...section('server'),
      ...defined({
        host: env['SERVER_HOST'],
        port: number('SERVER_PORT'),
        peer_url: env['SERVER_PEER_URL'],
        allowed_hosts: list(env['SERVER_ALLOWED_HOSTS']),
        allowed_origins: list(env['SERVER_ALLOWED_ORIGINS']),
        max_body_bytes: number('SERVER_MAX_BODY_BYTES'),
        unprefixed: env['SERVER_UNPREFIXED'],
        circuit_failures: number('SERVER_CIRCUIT_FAILURES'),
        circuit_retry_seconds: number('SERVER_CIRCUIT_RETRY_SECONDS'),
        max_connections: number('SERVER_MAX_CONNECTIONS'),
        max_connections_per_address: number('SERVER_MAX_CONNECTIONS_PER_ADDRESS'),
        requests_per_address: env['SERVER_REQUESTS_PER_ADDRESS'],
        refused_credentials_per_address: env['SERVER_REFUSED_CREDENTIALS_PER_ADDRESS'],
      }),
    },
    tracing: {
      ...section('tracing'),
      ...defined({
        otlp_endpoint: env['OTEL_EXPORTER_OTLP_ENDPOINT'],
        service_name: env['OTEL_SERVICE_NAME'],
        ratio: number('OTEL_TRACES_SAMPLER_ARG'),
      }),
    },
    metrics: {
      ...section('metrics'),
      ...defined({ host: env['METRICS_HOST'], port: number('METRICS_PORT') }),
    },
    stdio: {
      ...section('stdio'),
      ...defined({
        idle_stop_seconds: number('STDIO_IDLE_STOP_SECONDS'),
        max_programs: number('STDIO_MAX_PROGRAMS'),
        max_programs_per_server: number('STDIO_MAX_PROGRAMS_PER_SERVER'),
        max_programs_per_key: number('STDIO_MAX_PROGRAMS_PER_KEY'),
      }),
    },
  });
}

/** @returns what is neither as it is, for the schema to refuse */
function yesOrNo(text: string | undefined): boolean | string | undefined {
  return text === 'on' || text === 'true' ? true : text === 'off' || text === 'false' ? false : text;
}

function rateOf(text: string): Rate | undefined {
  const { count, windowMs } = readLimit(`requests=${text}`) ?? {};
  return count === undefined || windowMs === undefined ? undefined : { text, count, windowMs };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function defaultHome(env: Variables): string {
  const shared = '/var/lib/metamcp';
  if (process.getuid?.() === 0) return shared;
  try {
    return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'metamcp');
  } catch {
    // A user id without an account, as containers have, and without HOME.
    return shared;
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value, { error: plainFault });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Invalid('config-invalid', `${what}: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'invalid'}`);
}
