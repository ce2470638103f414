import { z } from 'zod';
import { grantSchema } from '../events/apiKey.ts';
import { roleNameSchema } from '../events/heldRole.ts';
import { MAX_TAGS } from '../events/tag.ts';
import { tagSchema } from '../events/tagSchema.ts';
import { keyNameSchema, ownerSchema } from '../events/text.ts';
import { zonedTimeSchema } from '../events/time.ts';
import { KEY_SORTS, KEY_STATUSES, type KeyFilter, type KeySort } from '../projections/tables/keyFilter.ts';
import { requireUsage } from '../usage/requireUsage.ts';
import type { QueryParameters } from './queryCheck.ts';
import { validateQuery } from './route.ts';

const labelsSchema = z.object({ tag: z.array(tagSchema).max(MAX_TAGS), owner: ownerSchema.optional() });

const querySchema = labelsSchema.extend({
  status: z.array(z.enum(KEY_STATUSES)).max(KEY_STATUSES.length),
  name: keyNameSchema.optional(),
  grant: grantSchema.optional(),
  role: roleNameSchema.optional(),
  unused_since: zonedTimeSchema.optional(),
  expires_before: zonedTimeSchema.optional(),
  include_inactive: z.enum(['true', 'false']).optional(),
  sort: z.enum(KEY_SORTS).default('created'),
});

/** The parameters that `labelFilterOf` reads. */
export const LABEL_QUERY = { tag: 'several', owner: 'one' } as const satisfies QueryParameters;

/** The parameters that `keyFilterOf` reads. */
export const KEY_QUERY = {
  ...LABEL_QUERY,
  include_inactive: 'one',
  status: 'several',
  name: 'one',
  grant: 'one',
  role: 'one',
  unused_since: 'one',
  expires_before: 'one',
  sort: 'one',
} as const satisfies QueryParameters;

/** Reads the parameters `tag` (repeatable) and `owner`. @returns undefined without any @throws Invalid `request-invalid` */
export function labelFilterOf(query: URLSearchParams): KeyFilter | undefined {
  const { tag, owner } = validateQuery(labelsSchema, labelsIn(query));
  return tag.length === 0 && owner === undefined ? undefined : { tags: tag, owner, without: [] };
}

function labelsIn(query: URLSearchParams): { tag: string[]; owner: string | undefined } {
  return { tag: [...new Set(query.getAll('tag'))], owner: query.get('owner') ?? undefined };
}

/** Reads which keys are asked for. @throws Invalid `request-invalid`; Refused `usage-not-kept` */
export function keyFilterOf(
  query: URLSearchParams,
  { usageRetentionDays, now }: { readonly usageRetentionDays: number; readonly now: number },
): { readonly filter: KeyFilter; readonly sort: KeySort } {
  const text = (name: string) => query.get(name) ?? undefined;
  const { tag, owner, status, name, grant, role, unused_since, expires_before, include_inactive, sort } = validateQuery(
    querySchema,
    {
      ...labelsIn(query),
      status: [...new Set(query.getAll('status'))],
      name: text('name'),
      grant: text('grant'),
      role: text('role'),
      unused_since: text('unused_since'),
      expires_before: text('expires_before'),
      include_inactive: text('include_inactive'),
      sort: text('sort'),
    },
  );
  const unusedSince = unused_since === undefined ? undefined : new Date(unused_since);
  if (unusedSince !== undefined) requireUsage(unusedSince.getTime(), usageRetentionDays, now);
  return {
    filter: {
      tags: tag,
      owner,
      statuses: status.length === 0 ? undefined : status,
      without: include_inactive === 'true' ? [] : undefined,
      name,
      grant,
      role,
      unusedSince,
      expiresBefore: expires_before === undefined ? undefined : new Date(expires_before),
    },
    sort,
  };
}
