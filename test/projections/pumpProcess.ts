import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import type { Projection } from '../../src/projections/tables/projection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent, tallyOf } from './readModel.ts';

// Pumps for ever; with `hang`, stays in the middle of its first batch, with every projection applied but the last.

const [url = '', mode] = process.argv.slice(2);
const db = openDatabase({ url, applicationName: 'pump process' });
const store = openPostgresStore({ db, logger: silent });
const hanging: Projection = {
  name: 'zzz_hanging',
  table: false,
  version: 1,
  on: {
    '*': () => {
      console.log('in the middle');
      return new Promise(() => undefined);
    },
  },
};
const projections = [...allProjections, tallyOf(), ...(mode === 'hang' ? [hanging] : [])];
const runner = createProjectionRunner({ db, store, projections, logger: silent, batchSize: 7 });
console.log('pumping');
for (;;) await runner.pump();
