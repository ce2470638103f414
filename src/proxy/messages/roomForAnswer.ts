import type { BodyLease } from '../../calls/bodyRoom.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import type { CallResponse } from '../lineResponse.ts';

/** Makes room for what is received for a call, until its client has it. */
export function roomForAnswer({ register }: CallContext, { principal }: Call, res: CallResponse): () => BodyLease {
  const leases: BodyLease[] = [];
  return () => {
    const lease = register.leaseBody(principal);
    if (leases.length === 0) res.once('close', () => leases.forEach((one) => one.release()));
    leases.push(lease);
    return lease;
  };
}
