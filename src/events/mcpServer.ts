import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { MAX_DURATION_MS } from './duration.ts';
import { ON_TOOL_CHANGE } from './onToolChange.ts';
import { sealedSchema } from './sealed.ts';
import { serverLimitsSchema } from './limit.ts';
import { eventUrlSchema, writtenUrlSchema } from './serverUrl.ts';
import { descriptionSchema, nameSchema, reasonSchema, textSchema, titleSchema } from './text.ts';

/** The shape of a server's name. */
export const SERVER_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** A server's name is its identity: a slug. docs/architecture.md, Events. */
export const serverNameSchema = z
  .string()
  .regex(SERVER_NAME, 'must be 1 to 32 of a-z, 0-9 and -, and not begin with -');

export const transportSchema = z.enum(['http', 'sse', 'stdio']);
export type Transport = z.infer<typeof transportSchema>;

/** Who shares a process or session of the server. */
export const isolationSchema = z.enum(['session', 'key', 'shared']);

export const onToolChangeSchema = z.enum(ON_TOOL_CHANGE);
export type OnToolChange = z.infer<typeof onToolChangeSchema>;

export const timeoutsSchema = z.object({
  /** Until the connection stands. (Default: 10_000) */
  connectMs: z.int().positive(),
  /** Without a byte from the server while an answer is due. (Default: 300_000) */
  idleMs: z.int().positive(),
  /** For one call, whatever progress it makes. (Default: 3_600_000) */
  totalMs: z.int().positive(),
  /** stdio: a program that nobody has used for so long is stopped, and started when it is needed. (Default: STDIO_IDLE_STOP_SECONDS) */
  idleStopMs: z.int().positive().optional(),
});
export type Timeouts = z.infer<typeof timeoutsSchema>;

export const limitsSchema = z.object({
  /** Calls under way at once; more are refused. (Default: 1_000) */
  maxInFlight: z.int().positive(),
  /** stdio: memory that each of its processes may write to. (Default: no limit of its own) */
  memoryBytes: z.int().positive().optional(),
  /** stdio: files that each of its processes may have open. (Default: no limit of its own) */
  openFiles: z.int().positive().optional(),
  /** stdio: processes of the gateway's user at which it may start no more; the system counts them for the user. (Default: no limit of its own) */
  processes: z.int().positive().optional(),
  /** stdio: ends in a row after which it is given up. (Default: 5) */
  restarts: z.int().nonnegative().optional(),
  /** Of all clients together (src/events/limit.ts). (Default: none) */
  rates: serverLimitsSchema.optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const DEFAULT_TIMEOUTS = { connectMs: 10_000, idleMs: 300_000, totalMs: 3_600_000 } satisfies Timeouts;
export const DEFAULT_LIMITS = { maxInFlight: 1_000 } satisfies Limits;

/** What a new server gets by default. */
export const DEFAULT_SETTINGS = {
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const satisfies Partial<ServerSettings>;

/** How a server is reached, as it stands after a registration or an update. */
export const serverSettingsSchema = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  transport: transportSchema,
  /** http and sse. */
  url: eventUrlSchema.optional(),
  /** stdio. */
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  isolation: isolationSchema,
  limits: limitsSchema,
  timeouts: timeoutsSchema,
  /** (Default: `allow`) */
  onToolChange: onToolChangeSchema.optional(),
  /** ServerSecrets (src/vault/serverSecrets.ts): headers and environment, sealed. Absent when there are none. */
  sealed: sealedSchema.optional(),
});
export type ServerSettings = z.infer<typeof serverSettingsSchema>;

/** The setting as it is kept: its default is absent. */
export function keptOnToolChange(value: OnToolChange | undefined): { readonly onToolChange?: OnToolChange } {
  return value === undefined || value === 'allow' ? {} : { onToolChange: value };
}

/** A time-out as it is written today, in milliseconds. */
export const timeoutMsSchema = z
  .int('must be a whole number of milliseconds')
  .positive('must be longer than nothing')
  .max(MAX_DURATION_MS, `may be ${MAX_DURATION_MS} ms (36500d) at most`);

/** Limits of a program as they are written today. What is lower lets no program start. */
export const programLimitSchemas = {
  memoryBytes: z
    .int('must be a whole number of bytes')
    .min(16 * 1024 * 1024, 'must be 16 MiB (16777216 bytes) or more: less lets no program start')
    .max(2 ** 50, 'may be 1 PiB at most'),
  openFiles: z
    .int('must be a whole number')
    .min(16, 'must be 16 or more: less lets no program start')
    .max(1_048_576, 'may be 1048576 at most'),
  processes: z
    .int('must be a whole number')
    .min(4, 'must be 4 or more: less lets no program start')
    .max(4_194_304, 'may be 4194304 at most'),
  restarts: z.int('must be a whole number').min(0, 'can’t be negative').max(1_000, 'may be 1000 at most'),
};

/** What of a server is written today: narrower than what was written once, and still is read. */
export const writtenSettingsSchema = serverSettingsSchema.extend({
  title: titleSchema.optional(),
  description: descriptionSchema.optional(),
  url: writtenUrlSchema.optional(),
  command: nameSchema(4_096).optional(),
  args: z.array(textSchema(65_536)).max(1_024, 'may be 1,024 at most').optional(),
  cwd: nameSchema(4_096).optional(),
  limits: limitsSchema.extend(z.object(programLimitSchemas).partial().shape),
  timeouts: z.object({
    connectMs: timeoutMsSchema,
    idleMs: timeoutMsSchema,
    totalMs: timeoutMsSchema,
    idleStopMs: timeoutMsSchema.optional(),
  }),
});

/** The reason that the administrator stated, if any. */
const reason = z.object({ reason: z.string().optional() });

const writtenReason = z.object({ reason: reasonSchema.optional() });

const ofServers = { stream: /^mcpServer-[a-z0-9][a-z0-9-]{0,31}$/, upcasts: [] } as const;

/** The events of a server's stream. An update carries the whole new settings. docs/architecture.md, Events. */
export const mcpServerEvents = {
  McpServerRegistered: { ...ofServers, data: serverSettingsSchema, written: writtenSettingsSchema },
  McpServerUpdated: {
    ...ofServers,
    data: serverSettingsSchema.extend(reason.shape),
    written: writtenSettingsSchema.extend(writtenReason.shape),
  },
  McpServerDisabled: { ...ofServers, data: reason, written: writtenReason },
  McpServerEnabled: { ...ofServers, data: reason, written: writtenReason },
  /** `deks` names the data encryption keys that are shredded with it. */
  McpServerDeleted: {
    ...ofServers,
    data: reason.extend({ deks: z.array(z.uuid()) }),
    written: writtenReason.extend({ deks: z.array(z.uuid()) }),
  },
} as const satisfies Catalogue;

export type McpServerEvent = EventOf<typeof mcpServerEvents>;

/** The stream of a server. */
export function mcpServerStream(name: string): string {
  return `mcpServer-${name}`;
}
