import type { SubscriptionFilter } from '../upstream.ts';
import { withOwnWatched } from './memberTaskIds.ts';

/**
 * Makes what one member is to tell of: of resources and tasks only its own.
 * @param owners the place of the member that has each resource; undefined: this one has all
 */
export function memberFilter(
  place: string,
  filter: SubscriptionFilter,
  owners: ReadonlyMap<string, string> | undefined,
): SubscriptionFilter {
  const own = withOwnWatched(place, { ...filter });
  if (owners === undefined || filter.resourceSubscriptions === undefined) return own;
  const resourceSubscriptions = filter.resourceSubscriptions.filter((uri) => owners.get(uri) === place);
  return { ...own, resourceSubscriptions };
}
