import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent } from './readModel.ts';

// Rebuilds api_keys for a newer version; with `in the middle`, stays in the middle of the history.

const [url = '', where] = process.argv.slice(2);
const db = openDatabase({ url, applicationName: 'rebuild process' });
const store = openPostgresStore({ db, logger: silent });
let batches = 0;
const newer = {
  ...apiKeys,
  version: apiKeys.version + 1,
  on: {
    ApiKeyCreated: async (...args: Parameters<NonNullable<(typeof apiKeys.on)[string]>>) => {
      await apiKeys.on['ApiKeyCreated']?.(...args);
      await args[0].query({ text: "update api_keys set name = 'newer'", values: [] });
      batches += 1;
      if (where === 'in the middle' && batches === 3) {
        console.log(where);
        await new Promise(() => undefined);
      }
    },
  },
};
const projections = allProjections.map((each) => (each === apiKeys ? newer : each));
await createProjectionRunner({ db, store, projections, logger: silent, batchSize: 7 }).upgrade();
console.log('rebuilt');
process.exit();
