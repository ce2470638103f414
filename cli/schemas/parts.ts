import { z } from 'zod';
import { STREAM_FAULTS } from '../../src/projections/tables/streamFault.ts';

// What several documents are made of. Every object is strict: a member that is not described is a fault, found by a test.

export const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC.' });
export const count = z.int().min(0);
export const milliseconds = z.int().min(0).meta({ description: 'Milliseconds.' });
/** A string, because it may be larger than JSON's numbers are exact. */
export const position = z.string().regex(/^\d+$/).meta({ description: 'A position in the event store.' });
export const uuid = z.uuid();

export const fault = z.enum(STREAM_FAULTS).meta({
  description: 'Why it can’t be used whatever else is said of it: docs/eventstoredb.md. Absent: no reason.',
});

export const credentialFault = z.enum(['gone', 'outdated', 'unreadable']).meta({
  description: 'Why the server gets nothing of it: that server is gone, or has moved since, or it can’t be read.',
});

/** Replicas that did not confirm a change in time. */
export const unconfirmed = z
  .array(z.string())
  .meta({ description: 'Gateways that did not confirm in time; empty: the change is enforced everywhere.' });

/** What every answer to a change ends with. */
export const commandResult = {
  changed: z.boolean().meta({ description: 'False: things were already so.' }),
  unconfirmed,
  pending: z
    .string()
    .optional()
    .meta({ description: 'Why lists do not show the change yet. It is in force nevertheless.' }),
  retired: z
    .literal(true)
    .optional()
    .meta({ description: 'Its own history can’t be read, and so it was made invalid in a stream beside it.' }),
};

/** The document of a command that changes something, or with --dry-run what it would do. @param more members of the latter */
export function orDryRun(done: z.ZodType, more: z.ZodRawShape = {}): z.ZodType {
  return z.union([done, dryRun.extend(more).meta({ description: 'With --dry-run.' })]);
}

const dryRun = z.strictObject({
  dry_run: z.literal(true),
  id: uuid.optional(),
  name: z.string(),
  would_change: z.boolean(),
  would_append: z.array(z.string()).meta({ description: 'Types of events.' }),
});

export const eventData = z
  .record(z.string(), z.unknown())
  .meta({ description: 'Depends on the type; never a secret.' });

/** What `--json` prints instead of the document when a command fails. */
export const errorDocument = z
  .strictObject({
    error: z.strictObject({
      code: z.string().meta({ description: 'Stable, in kebab-case.' }),
      message: z.string(),
      data: z.record(z.string(), z.unknown()).optional(),
      reason: z.string().optional().meta({ description: 'What the system or the store said.' }),
    }),
  })
  .meta({ title: 'Error' });
