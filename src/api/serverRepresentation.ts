import { z } from 'zod';
import { present } from '../administration/present.ts';
import type { PlainSettings, ServerInput } from '../administration/serverInput.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  isolationSchema,
  keptOnToolChange,
  onToolChangeSchema,
  programLimitSchemas,
  serverNameSchema,
  timeoutMsSchema,
  transportSchema,
} from '../events/mcpServer.ts';
import { statedServerLimitsSchema } from '../events/limit.ts';
import { MAX_URL_LENGTH } from '../events/serverUrl.ts';
import { descriptionSchema, textSchema, titleSchema } from '../events/text.ts';
import { STREAM_FAULTS } from '../projections/tables/streamFault.ts';

// How a server looks over REST: snake_case, and never a secret.

const ms = (text: string, value: number) =>
  timeoutMsSchema.meta({ description: `${text} Milliseconds.`, default: value });

const settings = {
  title: titleSchema.optional(),
  description: descriptionSchema.optional(),
  transport: transportSchema.meta({ default: 'http' }),
  url: z
    .string()
    .max(MAX_URL_LENGTH)
    .optional()
    .meta({ description: 'For http and sse.', examples: ['https://mcp.example.com/mcp'] }),
  command: textSchema(4_096).optional().meta({ description: 'For stdio.' }),
  args: z.array(textSchema(65_536)).max(1_024).optional(),
  cwd: textSchema(4_096).optional().meta({ description: 'For stdio: where the program runs.', default: '/' }),
  isolation: isolationSchema.meta({ default: 'session', description: 'Who shares a session or process of it.' }),
  on_tool_change: onToolChangeSchema.optional().meta({
    default: 'allow',
    description:
      'What becomes of tools that are new or have changed since they were approved: clients get them; get them with a mark; don’t get them.',
  }),
  limits: z.strictObject({
    max_in_flight: z.int().positive().meta({ description: 'Calls at once.', default: DEFAULT_LIMITS.maxInFlight }),
    memory_bytes: programLimitSchemas.memoryBytes
      .optional()
      .meta({ description: 'For stdio: memory that each process of it may write to. Absent: no limit of its own.' }),
    open_files: programLimitSchemas.openFiles
      .optional()
      .meta({ description: 'For stdio: files that each process of it may have open. Absent: no limit of its own.' }),
    processes: programLimitSchemas.processes.optional().meta({
      description:
        'For stdio: it starts no process when the gateway’s user has so many, of whatever program. Absent: no limit of its own.',
    }),
    restarts: programLimitSchemas.restarts
      .optional()
      .meta({ description: 'For stdio: it is given up when it ends once more in a row. Absent: 5.' }),
    rates: statedServerLimitsSchema.optional().meta({
      description: 'Of all clients together, as `requests=100/s`; see docs/operating.md. Absent: none.',
    }),
  }),
  timeouts: z.strictObject({
    connect_ms: ms('Until the connection stands.', DEFAULT_TIMEOUTS.connectMs),
    idle_ms: ms('Without a byte while an answer is due.', DEFAULT_TIMEOUTS.idleMs),
    total_ms: ms('For one call.', DEFAULT_TIMEOUTS.totalMs),
    idle_stop_ms: timeoutMsSchema.optional().meta({
      description:
        'For stdio: a program that nobody has used for so long is stopped until it is needed. Absent: as the gateway is set (STDIO_IDLE_STOP_SECONDS).',
    }),
  }),
};

export const serverSchema = z
  .object({
    id: z.uuid(),
    name: serverNameSchema,
    ...settings,
    enabled: z.boolean(),
    fault: z.enum(STREAM_FAULTS).optional().meta({
      description: 'Why it can’t be used whatever else is said of it; see docs/eventstoredb.md. Absent: no reason.',
    }),
    has_secrets: z.boolean().meta({ description: 'Headers or environment are configured. They are never shown.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Server' });

const secretsNote = 'Stored encrypted and never shown.';

const input = {
  ...settings,
  transport: settings.transport.default('http'),
  isolation: settings.isolation.default('session'),
  limits: settings.limits.partial().default({}),
  timeouts: settings.timeouts.partial().default({}),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: `Sent with each request. ${secretsNote}` }),
  env: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: `For stdio. ${secretsNote}` }),
};

export const newServerSchema = z.strictObject({ name: serverNameSchema, ...input }).meta({ id: 'NewServer' });

export const serverUpdateSchema = z
  .strictObject({
    ...input,
    enabled: z.boolean().optional().meta({ description: 'Absent: as it is.' }),
  })
  .meta({
    id: 'ServerUpdate',
    description:
      'The whole new settings. `headers` and `env` that are absent stay as they are; {} removes them. ' +
      'A server with secrets that moves (anything of its URL but the query, its transport, its command) needs them anew.',
  });

type Input = z.infer<typeof serverUpdateSchema>;

/** Reads settings as REST writes them. */
export function settingsOf({
  limits,
  timeouts,
  headers: _headers,
  env: _env,
  enabled: _enabled,
  on_tool_change: onToolChange,
  ...rest
}: Input): PlainSettings {
  return {
    ...rest,
    ...keptOnToolChange(onToolChange),
    limits: {
      maxInFlight: limits.max_in_flight ?? DEFAULT_LIMITS.maxInFlight,
      ...present({
        memoryBytes: limits.memory_bytes,
        openFiles: limits.open_files,
        processes: limits.processes,
        restarts: limits.restarts,
        rates: limits.rates?.length === 0 ? undefined : limits.rates,
      }),
    },
    timeouts: {
      connectMs: timeouts.connect_ms ?? DEFAULT_TIMEOUTS.connectMs,
      idleMs: timeouts.idle_ms ?? DEFAULT_TIMEOUTS.idleMs,
      totalMs: timeouts.total_ms ?? DEFAULT_TIMEOUTS.totalMs,
      ...present({ idleStopMs: timeouts.idle_stop_ms }),
    },
  };
}

/** Reads secrets as REST writes them; what is absent stays as it is. */
export function secretsOf({ headers, env }: Input, current: ServerInput['secrets']): ServerInput['secrets'] {
  return { headers: headers ?? current.headers, env: env ?? current.env };
}
