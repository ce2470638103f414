// Starts a server, prints its pid, its guard's folder and nothing else, and waits to be killed: `node abandonedServer.ts`.
import { startEventStoreServer } from '../eventStoreServer.ts';

const { pid, folder } = await startEventStoreServer();
process.stdout.write(`${JSON.stringify({ pid, folder })}\n`);
setInterval(() => undefined, 60_000);
