import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Where Linux begins to give ports to outgoing connections: one of those can be taken while a server restarts. */
const FIRST_EPHEMERAL = 32_768;

/** Finds ports of 127.0.0.1 that nobody listens on, and that no outgoing connection gets. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, FIRST_EPHEMERAL);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  try {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    listener.close();
    await once(listener, 'close');
    return true;
  } catch {
    return false;
  }
}
