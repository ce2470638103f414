import { createServer } from 'node:http';
import { WorkerLink } from '../../src/workers/workerLink.ts';

/** A worker without a gateway, which starts in no time: it tells who it is, and does what it is asked for. */
const requests: Readonly<Record<string, () => void>> = {
  '/end': () => process.exit(7),
  '/block': () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8_000),
  '/hang': () => void process.kill(process.pid, 'SIGSTOP'),
};

if (process.env['HANGS'] === 'at its start') process.kill(process.pid, 'SIGSTOP');
const link = await WorkerLink.open();
if (process.env['HANGS'] === 'before it is ready') process.kill(process.pid, 'SIGSTOP');
const server = createServer((req, res) => {
  requests[req.url ?? '']?.();
  res.end(String(process.pid));
});
await link.serve(server);
await link.stopped;
await link.leave();
server.close();
server.closeIdleConnections();
process.exit();
