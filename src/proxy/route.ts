import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/principal.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import { serverNameOf, serverNotFound, usableServer } from './admission.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { AGGREGATE_SERVER } from './aggregate/aggregateServer.ts';
import type { Views } from './aggregate/views.ts';
import type { CallResponse } from './lineResponse.ts';

export interface RouteOptions {
  readonly servers: Pick<LiveServers, 'find'>;
  readonly views: Views;
}

/**
 * Finds what a request of a key is for: the server that its path names, or all that the key may use. Answers synchronously when
 * memory knows them.
 * @throws NotFound; Unavailable; Invalid
 */
export type Route = <Response extends CallResponse>(
  req: IncomingMessage,
  res: Response,
  principal: Principal,
) => AdmittedRequest<Response> | Promise<AdmittedRequest<Response>>;

export function createRoute({ servers, views }: RouteOptions): Route {
  return <Response extends CallResponse>(req: IncomingMessage, res: Response, principal: Principal) => {
    const target = req.url ?? '';
    const name = serverNameOf(target);
    if (name === undefined) {
      const view = views.viewOf(principal, target);
      const admitted: AdmittedRequest<Response> = { req, res, principal, grant: 'all', server: AGGREGATE_SERVER, view };
      const ready = view.ready();
      return ready === undefined ? admitted : ready.then(() => admitted);
    }
    const grant = principal.grants.forServer(name);
    if (grant === undefined) throw serverNotFound();
    const admit = (server: LiveServer | undefined): AdmittedRequest<Response> => ({
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
