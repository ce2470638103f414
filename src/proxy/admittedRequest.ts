import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ToolGrant } from '../access/grants.ts';
import type { Principal } from '../auth/principal.ts';
import type { LiveServer } from '../live/liveServer.ts';

/** A request of a key to a server that it may use. */
export interface AdmittedRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly principal: Principal;
  readonly grant: ToolGrant;
  readonly server: LiveServer;
}
