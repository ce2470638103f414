import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Below the range from which kernels take ports for outgoing connections, so that none sits on ours during a restart. */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** A server's last connections may hold its port for a moment. In milliseconds. */
const PATIENCE = 2_000;

/** Keeps the port that was used before, so that pools reconnect; chooses another when a stranger holds it. */
export async function settlePort(previous: number | undefined): Promise<number> {
  if (previous === undefined) return choosePort();
  const deadline = performance.now() + PATIENCE;
  while (!(await isPortFree(previous))) {
    if (performance.now() > deadline) return choosePort();
    await delay(50);
  }
  return previous;
}

async function choosePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isPortFree(port)) return port;
  }
  return (await listenOnce(0)) ?? 0;
}

/** Tells whether nobody listens on a loopback port. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  });
}
