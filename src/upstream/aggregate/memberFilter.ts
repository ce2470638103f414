import type { SubscriptionFilter } from '../upstream.ts';
import { TASK_SUBSCRIPTIONS } from '../../mcp/taskNames.ts';
import { readTaskId } from './memberIds.ts';

/** Makes what one member is to tell of: of resources and tasks only its own. @param owners the server that has each resource */
export function memberFilter(
  server: string,
  filter: SubscriptionFilter,
  owners: ReadonlyMap<string, string>,
): SubscriptionFilter {
  const own: Record<string, unknown> = { ...filter };
  if (filter.resourceSubscriptions !== undefined) {
    own['resourceSubscriptions'] = filter.resourceSubscriptions.filter((uri) => owners.get(uri) === server);
  }
  for (const name of TASK_SUBSCRIPTIONS) {
    if (!Array.isArray(own[name])) continue;
    own[name] = own[name].flatMap((id: unknown) => {
      const task = readTaskId(id);
      return task?.server === server ? [task.own] : [];
    });
  }
  return own;
}
