import type { UpstreamAgents } from '../../upstream/http/agents.ts';
import type { CallContext } from '../callContext.ts';
import type { Lane } from '../lane.ts';
import { Relay } from './relay.ts';
import { requestHeaders } from './requestHeaders.ts';
import { ToolHints } from './toolHints.ts';

/** Makes the lane that passes bodies on as bytes: to HTTP servers, in the client's own era. */
export function createByteLane(shared: CallContext, agents: UpstreamAgents): Lane {
  const context = { ...shared, toolHints: new ToolHints() };
  return {
    placeOf: (server) => agents.forServer(server).place,
    carry(call, req, res, body) {
      const agent = agents.forServer(call.server);
      new Relay(context, res, call, agent).start({ headers: requestHeaders(req.headers, call, agent), body });
    },
    retire: agents.retire,
  };
}
