import { Refused } from '../errors/appError.ts';

const DAY_MS = 86_400_000;

/**
 * Refuses to say who has used nothing since a time before which no calls are known.
 * @param since ms since the epoch, as `now` @param retentionDays 0: calls are not counted
 * @throws Refused `usage-not-kept`
 */
export function requireUsage(since: number, retentionDays: number, now: number): void {
  if (retentionDays > 0 && since >= now - retentionDays * DAY_MS) return;
  const kept = retentionDays === 0 ? 'Calls are not counted here' : `Calls are counted for ${retentionDays} days`;
  throw new Refused('usage-not-kept', `${kept} (USAGE_RETENTION_DAYS), so who was unused since then is not known.`);
}
