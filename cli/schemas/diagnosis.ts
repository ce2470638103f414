import { z } from 'zod';
import { CHECK_NAMES } from '../diagnosis/checkNames.ts';
import { STATES } from '../diagnosis/check.ts';
import { count, milliseconds, uuid } from './parts.ts';

const fault = z.string().optional().meta({ description: 'Why it does not answer.' });

export const installationStatus = z.strictObject({
  cli: z.strictObject({ version: z.string(), node: z.string() }),
  gateway: z.strictObject({
    url: z.string(),
    answers: z.boolean(),
    version: z.string().optional(),
    same_installation: z
      .boolean()
      .optional()
      .meta({ description: 'Whether it works on these stores. Absent: one of the two is not known.' }),
  }),
  installation: uuid
    .optional()
    .meta({ description: 'The id of the installation; absent while the stores can’t be used.' }),
  database: z.strictObject({ kind: z.enum(['embedded', 'postgresql']), answers: z.boolean(), fault }),
  event_store: z.strictObject({ kind: z.enum(['postgresql', 'eventstoredb']), answers: z.boolean(), fault }),
  fault: z.string().optional().meta({ description: 'Why the stores can’t be used although they answer.' }),
  read_tables: z
    .strictObject({ lag_ms: milliseconds.optional(), stopped: z.array(z.string()) })
    .optional()
    .meta({ description: 'lag_ms is the age of the oldest event that a table lacks; 0: they lack none.' }),
  keys: z.record(z.string(), count).optional().meta({ description: 'By status; those that were deleted left out.' }),
  servers: z
    .strictObject({ enabled: count, disabled: count, answer: count, fail: z.array(z.string()), unknown: count })
    .optional()
    .meta({ description: 'By the last reading of what each offers; `fail` has names.' }),
  workers: count.meta({ description: 'By the settings.' }),
});

export const diagnosis = z.strictObject({
  ok: z.boolean().meta({ description: 'There is no problem.' }),
  findings: z.array(
    z.strictObject({
      check: z.enum(CHECK_NAMES),
      state: z.enum(STATES),
      about: z.string().optional().meta({ description: 'A file, a server, a read table, a setting.' }),
      detail: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});
