import { z } from 'zod';
import { exportFormats } from '../../src/configuration/exportFile.ts';
import { commandResult, unconfirmed, uuid } from './parts.ts';

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

/** One field of a plan; a secret is `(secret)`, what is not there is null. */
export const fieldChange = z.strictObject({ field: z.string(), before: fieldValue, after: fieldValue });

const sources = z
  .array(
    z.strictObject({
      field: z.string(),
      variable: z.string().optional(),
      file: z.string().optional(),
      destination: z.string().meta({ description: 'The host that gets the value.' }),
    }),
  )
  .meta({ description: 'What a server gets of this machine because the file refers to it.' });

const problem = z.strictObject({ code: z.string(), message: z.string() });

export const imported = z.strictObject({
  dry_run: z.boolean(),
  servers: z.array(
    z.strictObject({
      entry: z.string().meta({ description: 'The name in the file.' }),
      name: z.string(),
      action: z.enum(['create', 'change', 'none', 'skip', 'refuse']),
      done: z.boolean(),
      changes: z.array(fieldChange),
      sources,
      problems: z.array(problem).meta({ description: 'Why it was skipped or refused.' }),
      notes: z.array(z.string()),
    }),
  ),
  notes: z.array(z.string()).meta({ description: 'Of the file as a whole.' }),
  unconfirmed,
  pending: commandResult.pending,
});

export const exported = z.strictObject({
  format: z.enum(exportFormats),
  text: z.string(),
  variables: z
    .array(z.strictObject({ name: z.string(), server: z.string(), field: z.string() }))
    .meta({ description: 'What the secrets are called in the file: set them before it is used.' }),
  lost: z.array(z.string()).meta({ description: 'What the format can’t hold.' }),
});

const subject = {
  kind: z.enum(['server', 'role', 'key']),
  name: z.string(),
  id: uuid.optional().meta({ description: 'Of a key.' }),
};

const step = {
  ...subject,
  action: z.enum(['create', 'change', 'none', 'remove']),
  changes: z.array(fieldChange),
  sources: sources.optional(),
};

const notes = {
  unmanaged: z.array(z.strictObject(subject)).meta({ description: 'Not in the file; removed only with --prune.' }),
  warnings: z.array(z.string()),
};

const appliedFile = z.strictObject({
  dry_run: z.boolean(),
  steps: z.array(z.strictObject({ ...step, done: z.boolean() })),
  ...notes,
  keys: z
    .array(
      z.strictObject({
        id: uuid,
        name: z.string(),
        api_key: z.string().optional().meta({ description: 'This once; absent with --secrets-out.' }),
        pending: z.string().optional().meta({ description: 'Why the key is stored, but not readable yet.' }),
      }),
    )
    .meta({ description: 'Those that were created.' }),
  unconfirmed,
  pending: commandResult.pending,
});

export const applied = z.union([
  appliedFile,
  z.looseObject({ $schema: z.string(), type: z.literal('object') }).meta({ description: 'With --schema.' }),
]);

export const compared = z.strictObject({
  differs: z.boolean(),
  steps: z.array(z.strictObject(step)),
  ...notes,
});
