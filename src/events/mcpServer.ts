import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { sealedSchema } from './sealed.ts';

/** The shape of a server's name. */
export const SERVER_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** A server's name is its identity: a slug. DESIGN 3. */
export const serverNameSchema = z
  .string()
  .regex(SERVER_NAME, 'must be 1 to 32 of a-z, 0-9 and -, and not begin with -');

export const transportSchema = z.enum(['http', 'sse', 'stdio']);
export type Transport = z.infer<typeof transportSchema>;

/** Who shares a process or session of the server. */
export const isolationSchema = z.enum(['session', 'key', 'shared']);

export const timeoutsSchema = z.object({
  /** Until the connection stands. (Default: 10_000) */
  connectMs: z.int().positive(),
  /** Without a byte from the server while an answer is due. (Default: 300_000) */
  idleMs: z.int().positive(),
  /** For one call, whatever progress it makes. (Default: 3_600_000) */
  totalMs: z.int().positive(),
});
export type Timeouts = z.infer<typeof timeoutsSchema>;

export const limitsSchema = z.object({
  /** Calls under way at once; more are refused. (Default: 1_000) */
  maxInFlight: z.int().positive(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, idleMs: 300_000, totalMs: 3_600_000 };
export const DEFAULT_LIMITS: Limits = { maxInFlight: 1_000 };

/** How a server is reached, as it stands after a registration or an update. */
export const serverSettingsSchema = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  transport: transportSchema,
  /** http and sse. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** stdio. */
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  isolation: isolationSchema,
  limits: limitsSchema,
  timeouts: timeoutsSchema,
  /** ServerSecrets (src/auth/serverSecrets.ts): headers and environment, sealed. Absent when there are none. */
  sealed: sealedSchema.optional(),
});
export type ServerSettings = z.infer<typeof serverSettingsSchema>;

/** Why, where somebody said so. */
const reason = z.object({ reason: z.string().optional() });

/** The events of a server's stream. An update carries the whole new settings. DESIGN 3. */
export const mcpServerEvents = {
  McpServerRegistered: { data: serverSettingsSchema, upcasts: [] },
  McpServerUpdated: { data: serverSettingsSchema.extend(reason.shape), upcasts: [] },
  McpServerDisabled: { data: reason, upcasts: [] },
  McpServerEnabled: { data: reason, upcasts: [] },
  /** `deks` names the data encryption keys that are shredded with it. */
  McpServerDeleted: { data: reason.extend({ deks: z.array(z.uuid()) }), upcasts: [] },
} as const satisfies Catalogue;

export type McpServerEvent = EventOf<typeof mcpServerEvents>;

/** The stream of a server. */
export function mcpServerStream(name: string): string {
  return `mcpServer-${name}`;
}
