// Runs one server as a process of its own: `node main.ts [--tls] [--system-traffic] [--port=N]`. Prints its connection
// string as one line. Ends with SIGTERM, or when its standard input ends (its parent is gone).
import { parseArgs } from 'node:util';

import { openWireServer } from './wireServer.ts';

const { values } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    'system-traffic': { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
  },
});
const server = await openWireServer({
  tls: values.tls,
  systemTraffic: values['system-traffic'],
  port: Number(values.port),
});
async function end(): Promise<void> {
  await server[Symbol.asyncDispose]();
  process.exit();
}

process.once('SIGTERM', () => void end());
process.stdin.once('end', () => void end()).resume();
// Last: whoever reads it may send a signal at once.
process.stdout.write(`${server.url}\n`);
