import type { SubscriptionFilter } from '../upstream.ts';
import type { Watched } from './clientState.ts';
import { withOwnWatched } from './memberTaskIds.ts';

/**
 * Makes what one member is to tell of: of resources and tasks only its own.
 * @param owners where each resource is, by the client's URI; undefined: this one has all, and by the same URI
 */
export function memberFilter(
  place: string,
  filter: SubscriptionFilter,
  owners: ReadonlyMap<string, Watched> | undefined,
): SubscriptionFilter {
  const own = withOwnWatched(place, { ...filter });
  if (owners === undefined || filter.resourceSubscriptions === undefined) return own;
  const resourceSubscriptions = filter.resourceSubscriptions.flatMap((uri) => {
    const owner = owners.get(uri);
    return owner?.place === place ? [owner.own] : [];
  });
  return { ...own, resourceSubscriptions };
}
