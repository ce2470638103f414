import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../auth/principal.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import { serverNameOf, serverNotFound, usableServer } from './admission.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { AGGREGATE_SERVER } from './aggregate/aggregateServer.ts';
import type { Views } from './aggregate/views.ts';

export interface RouteOptions {
  readonly servers: Pick<LiveServers, 'find'>;
  readonly views: Views;
}

/**
 * Finds what a request of a key is for: the server that its path names, or all that the key may use. Answers synchronously when
 * memory knows them.
 * @throws NotFound; Unavailable; Invalid
 */
export type Route = (
  req: IncomingMessage,
  res: ServerResponse,
  principal: Principal,
) => AdmittedRequest | Promise<AdmittedRequest>;

export function createRoute({ servers, views }: RouteOptions): Route {
  return (req, res, principal) => {
    const target = req.url ?? '';
    const name = serverNameOf(target);
    if (name === undefined) {
      const view = views.viewOf(principal, target);
      const admitted: AdmittedRequest = { req, res, principal, grant: 'all', server: AGGREGATE_SERVER, view };
      const ready = view.ready();
      return ready === undefined ? admitted : ready.then(() => admitted);
    }
    const grant = principal.grants.forServer(name);
    if (grant === undefined) throw serverNotFound();
    const admit = (server: LiveServer | undefined): AdmittedRequest => ({
      req,
      res,
      principal,
      grant,
      server: usableServer(server, principal),
    });
    const found = servers.find(name);
    return found instanceof Promise ? found.then(admit) : admit(found);
  };
}
