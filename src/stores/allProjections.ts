import { apiKeys } from '../projections/tables/apiKeysProjection.ts';
import { approvedTools } from '../projections/tables/approvedTools.ts';
import { auditEvents } from '../projections/tables/auditEventsProjection.ts';
import { forgetting } from '../catalogue/forgetting.ts';
import { keyRoles } from '../projections/tables/keyRolesProjection.ts';
import { mcpServers } from '../projections/tables/mcpServersProjection.ts';
import { retiredStreams } from '../projections/tables/retiredStreams.ts';
import { shredding } from '../vault/shredding.ts';
import { streamHeads } from '../projections/tables/streamHeads.ts';
import { unreadableEvents } from '../projections/tables/unreadableEventsProjection.ts';
import type { Projection } from '../projections/tables/projection.ts';

/** Everything that follows the events, in the order in which it does. A new projection is added here. */
export const allProjections: readonly Projection[] = [
  streamHeads,
  apiKeys,
  keyRoles,
  mcpServers,
  approvedTools,
  auditEvents,
  unreadableEvents,
  retiredStreams,
  shredding,
  forgetting,
];
