import { join } from 'node:path';

/** Where `npm ci --prefix test/realPrograms` installs it. */
export const SUPERGATEWAY = join(import.meta.dirname, '../test/realPrograms/node_modules/supergateway/dist/index.js');
