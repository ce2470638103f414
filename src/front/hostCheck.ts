import type { IncomingMessage } from 'node:http';
import { Forbidden } from '../errors/appError.ts';
import { hostsOf } from './client.ts';

/** Which names the gateway has, and whose pages may call it. */
export interface HostRules {
  readonly allowsHost: (host: string) => boolean;
  readonly allowsOrigin: (origin: string) => boolean;
}

/**
 * Makes the check of Host and Origin that keeps web pages from calling a gateway in their visitor's network (DNS rebinding; MCP
 * 2025-11-25, basic/transports, "Security Warning").
 * @returns a function that throws Forbidden `host-not-allowed`, `origin-not-allowed`
 */
export function createHostCheck({ allowsHost, allowsOrigin }: HostRules): (req: IncomingMessage) => void {
  return (req) => {
    const { origin } = req.headers;
    if (!hostsOf(req).every(allowsHost)) {
      throw new Forbidden(
        'host-not-allowed',
        'The gateway is not served under this name. Allow it with SERVER_ALLOWED_HOSTS.',
      );
    }
    if (origin !== undefined && !allowsOrigin(origin)) {
      throw new Forbidden(
        'origin-not-allowed',
        'Pages of this origin may not call the gateway. Allow it with SERVER_ALLOWED_ORIGINS.',
      );
    }
  };
}
