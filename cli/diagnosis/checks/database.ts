import { GATEWAY_HERE } from '../../../src/cliName.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import { sql } from '../../../src/postgres/sql.ts';
import { storePlace } from '../../stores/storePlace.ts';
import type { Check } from '../check.ts';

/** PostgreSQL answers. */
export const database: Check = async ({ configuration: { settings }, database: open }) => {
  try {
    const db = await open();
    const began = performance.now();
    const [row] = await db.query<{ release: string | null }>(sql`select current_setting('server_version') as release`);
    const ms = Math.round(performance.now() - began);
    return [{ state: 'ok', detail: `PostgreSQL ${row?.release ?? ''} in ${storePlace(settings)} answers (${ms} ms)` }];
  } catch (error) {
    if (error instanceof NotFound) return [{ state: 'warning', detail: error.message, remedy: START }];
    throw error;
  }
};

const START = `Start a gateway: ${GATEWAY_HERE}; or set METAMCP_HOME or DATABASE_URL to the stores of one`;
