import { Unavailable } from './appError.ts';

/** The error of what comes, or is still under way, while the gateway stops. */
export function gatewayStopping(): Unavailable {
  return new Unavailable('gateway-stopping', 'The gateway is stopping.');
}
