import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Unavailable } from './errors/appError.ts';
import { errorCode } from './errors/errorCode.ts';
import type { Logger } from './logging/logger.ts';

/** How the settings of a listener begin. */
type SettingsOf = 'SERVER' | 'METRICS';

/** By the system's codes. */
const REMEDIES: Readonly<Record<string, (of: SettingsOf) => string>> = {
  EADDRINUSE: (of) => `another program does, maybe another gateway; end it, or set ${of}_PORT to another port`,
  EACCES: (of) => `this user may not use that port; set ${of}_PORT to one above 1023`,
  EADDRNOTAVAIL: (of) => `it is no address of this machine; set ${of}_HOST to one`,
  ENOTFOUND: (of) => `it is no name of this machine; set ${of}_HOST to one, or to an address`,
};

/**
 * Has a server listen. That a connection could not be accepted (no memory is left, a firewall forbids it) is logged from then on: an
 * error that nobody listens to would end the process. @throws Unavailable `port-unavailable`, with what to do
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  logger: Pick<Logger, 'error'>,
  of: SettingsOf = 'SERVER',
): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const remedy = REMEDIES[String(errorCode(cause))]?.(of) ?? `set ${of}_HOST or ${of}_PORT`;
    throw new Unavailable('port-unavailable', `${host}:${port} can’t be listened on: ${remedy}.`, { cause });
  }
  server.on('error', (error) => logger.error({ err: error }, 'a connection could not be accepted'));
}

/** Writes where a server listens: http://host:port */
export function urlOf(host: string, { port }: AddressInfo, scheme: 'http' | 'https' | undefined = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
