import { apiKeyEvents } from '../events/apiKey.ts';
import { mcpServerEvents } from '../events/mcpServer.ts';
import { repairedStream } from '../events/streamName.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import { handlersOfSome, type Projection } from '../projections/tables/projection.ts';
import { shredKeys } from './vaultKeys.ts';
import { VERSIONS } from '../projections/tables/versions.ts';

/**
 * Destroys the data encryption keys of what was deleted. A projection, so that no crash between a deletion and its
 * shredding can leave a secret readable. There is nothing to rebuild: destroyed keys stay destroyed.
 */
export const shredding: Projection = {
  name: 'shredding',
  table: false,
  version: VERSIONS.shredding,
  severalOfAStream: true,
  on: {
    ...handlersOfSome(apiKeyEvents, {
      ApiKeyDeleted: (tx, events) =>
        shredKeys(
          tx,
          events.map(({ stream, data }) => ({ id: data.dek, subject: stream })),
        ),
    }),
    ...handlersOfSome(mcpServerEvents, {
      McpServerDeleted: (tx, events) =>
        shredKeys(
          tx,
          events.flatMap(({ stream, data }) => data.deks.map((id) => ({ id, subject: stream }))),
        ),
    }),
    ...handlersOfSome(streamRepairEvents, {
      StreamRetired: (tx, events) =>
        shredKeys(
          tx,
          events.flatMap(({ stream, data }) => data.deks.map((id) => ({ id, subject: repairedStream(stream) ?? '' }))),
        ),
    }),
  },
};
