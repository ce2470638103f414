import { Forbidden } from '../errors/appError.ts';
import type { LiveKey } from '../live/liveKey.ts';
import { invalidCredential } from './invalidCredential.ts';

/**
 * Checks that a key may be used from an address. Who uses it from elsewhere has stolen it, and is answered as if it were not valid;
 * the log and the live feed have the reason.
 * @throws Unauthorized `invalid-credential`
 */
export function checkSource(key: LiveKey | undefined, address: string | undefined): void {
  if (key?.networks === undefined || (address !== undefined && key.networks.has(address))) return;
  const reason = new Forbidden('network-not-allowed', 'The key may not be used from this address.');
  throw invalidCredential({ keyId: key.id, cause: reason });
}
