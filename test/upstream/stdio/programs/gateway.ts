import { createPrograms, openOdd } from '../oddWorld.ts';

/** A process that uses servers as the gateway does: the first argument is their token, the others are their oddities. */
const [token = '', ...oddities] = process.argv.slice(2);
const programs = createPrograms();
for (const oddity of oddities) await openOdd(programs, oddity, { token });
process.stdout.write('ready\n');
setInterval(() => undefined, 1e9);
