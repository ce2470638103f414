import { z } from 'zod';
import { auditEvent } from './keys.ts';
import { commandResult, count, uuid } from './parts.ts';

/** What became of each event that was to be undone; with --dry-run what would. */
export const undone = z.array(
  z.union([
    z.strictObject({
      event: auditEvent,
      undo: z.string().meta({ description: 'What takes it back.' }),
      ...commandResult,
      revision: count.meta({ description: 'Of the key or server, now.' }),
      correlation_id: uuid.meta({ description: 'Of the undo, in the audit trail.' }),
    }),
    z
      .strictObject({
        event: auditEvent,
        undo: z.string(),
        dry_run: z.literal(true),
        would_change: z.boolean(),
        would_append: z.array(z.string()).meta({ description: 'Types of events.' }),
      })
      .meta({ description: 'With --dry-run.' }),
    z.strictObject({ event: auditEvent, error: z.strictObject({ code: z.string(), message: z.string() }) }),
  ]),
);
