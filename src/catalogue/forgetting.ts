import { apiKeyEvents } from '../events/apiKey.ts';
import { mcpServerEvents } from '../events/mcpServer.ts';
import { keyIdOf, serverNameOf } from '../events/streamName.ts';
import { handlersOfSome, type Projection } from '../projections/tables/projection.ts';
import { forgetKeys, forgetServers } from './rememberedTable.ts';
import { VERSIONS } from '../projections/tables/versions.ts';

/**
 * Deletes what servers offered that are deleted, and what was offered to a key alone that is deleted. A projection, so that no crash
 * leaves it behind. There is nothing to rebuild.
 */
export const forgetting: Projection = {
  name: 'forgetting',
  table: false,
  version: VERSIONS.forgetting,
  severalOfAStream: true,
  on: {
    ...handlersOfSome(mcpServerEvents, {
      McpServerDeleted: (tx, events) =>
        forgetServers(
          tx,
          events.map(({ stream }) => serverNameOf(stream)),
        ),
    }),
    ...handlersOfSome(apiKeyEvents, {
      ApiKeyDeleted: (tx, events) =>
        forgetKeys(
          tx,
          events.map(({ stream }) => keyIdOf(stream)),
        ),
    }),
  },
};
