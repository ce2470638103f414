import { z } from 'zod';
import { MAX_INDEXED_BYTES } from './text.ts';
import { eventTimeSchema } from './time.ts';

/** What every event carries besides its data. docs/architecture.md, Events. */
export const metadataSchema = z.object({
  /** The shape of `data`: the number of upcasts known when it was written, + 1. */
  schema: z.int().min(1),
  /** RFC 3339 UTC. */
  at: eventTimeSchema,
  /** `cli:<os user>@<host>`, `cli:<name> as <os user>@<host>`, `key:<id>` or `system:<part>`. */
  actor: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= MAX_INDEXED_BYTES, `must not exceed ${MAX_INDEXED_BYTES} bytes`),
  /** One per command; everything that follows from it shares it. */
  correlationId: z.string().min(1),
  /** The id of the command or event that caused this one. */
  causationId: z.string().min(1),
  /** W3C Trace Context. */
  traceparent: z.string().optional(),
  /** The hash of the stream's previous event, or '' for the first. */
  prev: z.string(),
  /** HMAC-SHA-256, base64url: see hashChain.ts. */
  hash: z.string(),
});

export type Metadata = z.infer<typeof metadataSchema>;

/** The actor of a command, and its cause. Every command has one. */
export interface CommandContext {
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string;
}
