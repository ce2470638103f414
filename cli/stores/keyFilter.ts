import type { KeyFilter } from '../../src/projections/tables/keyFilter.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { requireUsage } from '../../src/usage/requireUsage.ts';
import { parseGrants, parseRoles } from '../input/access.ts';
import type { KeyFilterOptions } from '../input/keyFilterOptions.ts';
import { misuse } from '../input/misuse.ts';
import { parseAnyMoment, parseMoment } from '../input/moment.ts';

/** Reads which keys are meant. @throws Invalid `usage`, `grant-invalid`; Refused `usage-not-kept` */
export function keyFilterOf(
  { tag, owner, status, name, match, grant, role, unusedSince, expiresBefore }: KeyFilterOptions,
  { usageRetentionDays }: Pick<Settings, 'usageRetentionDays'>,
  now: number,
): KeyFilter {
  const [oneGrant, ...others] = parseGrants(grant) ?? [];
  if (others.length > 0) throw misuse('Look for one --grant at a time.');
  const [oneRole, ...otherRoles] = parseRoles(role) ?? [];
  if (otherRoles.length > 0) throw misuse('Look for one --role at a time.');
  // Left out, it would mean more keys, and not fewer.
  if (role !== undefined && oneRole === undefined) throw misuse('--role finds the keys that have a role: name it.');
  const since = unusedSince === undefined ? undefined : parseMoment(unusedSince, now);
  if (since !== undefined) requireUsage(since, usageRetentionDays, now);
  return {
    tags: tag,
    owner,
    statuses: status,
    name,
    words: match?.split(/\s+/).filter(Boolean),
    grant: oneGrant,
    role: oneRole,
    unusedSince: since === undefined ? undefined : new Date(since),
    expiresBefore: expiresBefore === undefined ? undefined : new Date(parseAnyMoment(expiresBefore, now)),
  };
}
