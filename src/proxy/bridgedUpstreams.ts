import type { Clock } from '../clock.ts';
import type { ParkedBudget } from '../upstream/bridge/parkedBudget.ts';
import { bridged } from '../upstream/bridge/bridge.ts';
import type { OpenUpstream } from './openUpstream.ts';
import type { RequestStates } from './requestStates.ts';

export interface BridgedUpstreamsOptions {
  /** Opens a server in an era that it speaks: the client's, if it is one of them. */
  readonly open: OpenUpstream;
  readonly states: RequestStates;
  readonly clock: Clock;
  /** Counts the calls that wait for their clients. */
  readonly parked: ParkedBudget;
}

/** Makes what opens servers for clients of either era, in the client's (docs/proxy.md, The two eras). */
export function createBridgedUpstreams({ open, states, clock, parked }: BridgedUpstreamsOptions): OpenUpstream {
  return async (request) => {
    const { era, client, user, via } = request;
    const { keyId } = user.principal;
    return bridged(await open(request), {
      era,
      client,
      open: (capabilities, signal) =>
        open({ server: request.server, client: { ...client, capabilities }, user, era: 'legacy', via, signal }),
      states: states.forKey(keyId),
      key: keyId,
      shared: parked,
      clock,
    });
  };
}
