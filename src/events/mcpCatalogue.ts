import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { CATALOGUE_LISTS } from './catalogueLists.ts';
import { reasonSchema, textSchema } from './text.ts';
import { eventTimeSchema, writtenTimeSchema } from './time.ts';

export type CatalogueList = (typeof CATALOGUE_LISTS)[number];

/** UTF-16 units of a name, URI or template that an event records; a longer one is recorded by its beginning and its digest. */
export const MAX_RECORDED_KEY = 256;

/** SHA-256, base64url. */
const digestSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const keySchema = textSchema(MAX_RECORDED_KEY);
/** The names of an item's members, each with the beginning of a digest of its value: enough to tell which ones have changed. */
const membersSchema = z.array(z.tuple([textSchema(64), z.string().max(8)])).max(64);

const itemSchema = z.object({
  /** A tool's or prompt's name, a resource's URI, a template. */
  key: keySchema,
  /** Over all its members. */
  digest: digestSchema,
  members: membersSchema,
});
/** One item of a list, as it is recorded. */
export type RecordedItem = z.infer<typeof itemSchema>;

const differenceSchema = z.object({
  /** Over the whole list, with what is not recorded by itself. */
  digest: digestSchema,
  /** Items in the list now. */
  count: z.int().min(0),
  added: z.array(itemSchema),
  removed: z.array(keySchema),
  /** As they are now, with the names of the members that are others than before; none: the same members in parts too small to name. */
  changed: z.array(itemSchema.extend({ differs: z.array(textSchema(64)) })),
});
export type ListDifference = z.infer<typeof differenceSchema>;

/** Which clients are offered a catalogue: what a server offers may depend on them. */
const audienceSchema = z.object({
  era: z.enum(['legacy', 'modern']),
  /** A digest of the capabilities that the client declares; absent: it declares none. */
  capabilities: digestSchema.optional(),
  /** The only key that it is for, by its id: its values for the server are its own. */
  key: z.uuid().optional(),
});
export type Audience = z.infer<typeof audienceSchema>;

const changedSchema = z.object({
  /** When the gateway saw it. */
  observedAt: eventTimeSchema,
  /** The revision of the server's stream at which it offered this. */
  serverRevision: z.int().min(0),
  /** When the server was registered: one that takes over the name of a deleted one begins anew. */
  registeredAt: eventTimeSchema,
  audience: audienceSchema,
  /** Over the whole catalogue. */
  digest: digestSchema,
  /** What the server says about itself: its name and version, capabilities, instructions. */
  facts: membersSchema,
  /** The lists that are others than before. */
  lists: z.object({
    tools: differenceSchema.optional(),
    prompts: differenceSchema.optional(),
    resources: differenceSchema.optional(),
    resourceTemplates: differenceSchema.optional(),
  }),
  /** What the tools are now is approved: it is the first catalogue of all, or the server's setting allows changes. */
  approves: z.boolean(),
  /** So many changes within an hour that those which follow are not recorded one by one. */
  flapping: z.literal(true).optional(),
});

const approvedToolSchema = z.object({ name: keySchema, digest: digestSchema });
export type ApprovedTool = z.infer<typeof approvedToolSchema>;

const approvedSchema = z.object({
  registeredAt: eventTimeSchema,
  tools: z.array(approvedToolSchema).min(1),
  reason: z.string().optional(),
});

const ofCatalogues = { stream: /^mcpCatalogue-[a-z0-9][a-z0-9-]{0,31}$/, upcasts: [] } as const;

/** The events of a server's catalogue: what it offers, and which of that an administrator has approved. docs/architecture.md, Events. */
export const mcpCatalogueEvents = {
  McpServerCatalogueChanged: {
    ...ofCatalogues,
    data: changedSchema,
    written: changedSchema.extend({ observedAt: writtenTimeSchema, registeredAt: writtenTimeSchema }),
  },
  McpServerToolsApproved: {
    ...ofCatalogues,
    data: approvedSchema,
    written: approvedSchema.extend({ registeredAt: writtenTimeSchema, reason: reasonSchema.optional() }),
  },
} as const satisfies Catalogue;

export type McpCatalogueEvent = EventOf<typeof mcpCatalogueEvents>;

/** The stream of a server's catalogue. */
export function mcpCatalogueStream(server: string): string {
  return `mcpCatalogue-${server}`;
}
