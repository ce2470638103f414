import { setInterval as every } from 'node:timers/promises';
import { steadyClock } from '../../src/clock.ts';
import { openInvalidations } from '../../src/live/invalidations.ts';
import { silent } from './readModel.ts';

// A replica that does nothing but follow the changes.

const [url = '', replica = ''] = process.argv.slice(2);
const invalidations = openInvalidations({ url, replica, logger: silent, clock: steadyClock });
for await (const _tick of every(5)) if (invalidations.trusted) break;
console.log('up');
