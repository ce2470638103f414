import { once } from 'node:events';
import type { Server } from 'node:http';
import { Unavailable } from './errors/appError.ts';
import { errorCode } from './errors/errorCode.ts';
import type { Settings } from './settings/settings.ts';

/** By the system's codes. */
const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does, maybe another gateway; end it, or set SERVER_PORT to another port',
  EACCES: 'this user may not use that port; set SERVER_PORT to one above 1023',
  EADDRNOTAVAIL: 'it is no address of this machine; set SERVER_HOST to one',
  ENOTFOUND: 'it is no name of this machine; set SERVER_HOST to one, or to an address',
};

/** Has a server listen. @throws Unavailable `port-unavailable`, with what to do */
export async function listen(server: Server, { host, port }: Pick<Settings, 'host' | 'port'>): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const remedy = REMEDIES[String(errorCode(cause))] ?? 'set SERVER_HOST or SERVER_PORT';
    throw new Unavailable('port-unavailable', `${host}:${port} can’t be listened on: ${remedy}.`, { cause });
  }
}
