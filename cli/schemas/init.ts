import { z } from 'zod';
import { CLIENT_NAMES } from '../clients/clientNames.ts';
import { count, unconfirmed, uuid } from './parts.ts';

export const initialized = z.strictObject({
  node: z.string(),
  embedded: z.boolean(),
  home: z.string().optional().meta({ description: 'The state folder; absent with DATABASE_URL.' }),
  event_store: z.enum(['postgres', 'eventstoredb']),
  secrets: z.array(z.string()).meta({ description: 'Variables and files that hold what nothing can make anew.' }),
  gateway: z.string().meta({ description: 'Where it is, or will be.' }),
  servers: z.array(
    z.strictObject({ name: z.string(), url: z.string().optional(), enabled: z.boolean(), made: z.boolean() }),
  ),
  keys: count.meta({ description: 'That work.' }),
  key: z
    .strictObject({ id: uuid, name: z.string(), api_key: z.string(), pending: z.string().optional() })
    .optional()
    .meta({ description: 'When one was made: shown this once.' }),
  clients: z.array(z.strictObject({ client: z.enum(CLIENT_NAMES), file: z.string(), text: z.string() })),
  check: z.union([
    z.strictObject({ skipped: z.string() }),
    z.strictObject({
      ok: z.boolean(),
      gateway: z.enum(['running', 'temporary']),
      url: z.string(),
      server: z.string(),
      tools: count.optional(),
      tool: z.string().optional(),
      arguments: z.record(z.string(), z.unknown()).optional().meta({ description: 'What the tool was called with.' }),
      answer: z.string().optional().meta({ description: 'The beginning of its answer.' }),
      failure: z.string().optional(),
    }),
  ]),
  unconfirmed,
});
