import { apiKeyEvents } from '../events/apiKey.ts';
import { mcpServerEvents } from '../events/mcpServer.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import { handlers, type Projection } from './projection.ts';
import { deleteVaultKeys } from './vaultKeys.ts';

/**
 * Destroys the data encryption keys of what was deleted. A projection, so that no crash between a deletion and its
 * shredding can leave a secret readable. There is nothing to rebuild: destroyed keys stay destroyed.
 */
export const shredding: Projection = {
  name: 'shredding',
  table: false,
  version: 1,
  severalOfAStream: true,
  on: {
    ...handlers(apiKeyEvents, {
      ApiKeyDeleted: (tx, events) =>
        deleteVaultKeys(
          tx,
          events.map(({ data }) => data.dek),
        ),
    }),
    ...handlers(mcpServerEvents, {
      McpServerDeleted: (tx, events) =>
        deleteVaultKeys(
          tx,
          events.flatMap(({ data }) => data.deks),
        ),
    }),
    ...handlers(streamRepairEvents, {
      StreamRetired: (tx, events) =>
        deleteVaultKeys(
          tx,
          events.flatMap(({ data }) => data.deks),
        ),
    }),
  },
};
