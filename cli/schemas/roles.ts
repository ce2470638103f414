import { z } from 'zod';
import { commandResult, count, eventData, fault, time, uuid } from './parts.ts';

const settings = {
  name: z.string(),
  description: z.string().optional(),
  fault: fault.optional(),
  scopes: z.array(z.string()),
  grants: z.array(z.string()),
};

const members = {
  ...settings,
  keys: count.meta({ description: 'How many keys have it that were not deleted.' }),
  created_at: time,
  created_by: z.string(),
  updated_at: time,
  revision: count,
};

export const roleDocument = z.strictObject(members);

export const changedRole = z.strictObject({ ...members, ...commandResult });

export const removedRole = z.strictObject({
  name: z.string(),
  keys: count.meta({ description: 'How many keys had it.' }),
  ...commandResult,
});

export const roleThen = z.strictObject({ ...settings, revision: count });

export const shownRole = z.strictObject({
  ...members,
  held_by: z
    .array(z.strictObject({ id: uuid, name: z.string(), status: z.string() }))
    .meta({ description: 'The first 1,000 keys that have it.' }),
  history: z.array(
    z.strictObject({
      revision: count,
      type: z.string(),
      at: time,
      actor: z.string(),
      correlation_id: z.string(),
      data: eventData,
    }),
  ),
});
