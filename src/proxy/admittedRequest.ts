import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ToolGrant } from '../access/grants.ts';
import type { Principal } from '../auth/principal.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { View } from './aggregate/view.ts';

/** A request of a key to a server that it may use. */
export interface AdmittedRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly principal: Principal;
  readonly grant: ToolGrant;
  readonly server: LiveServer;
  /** The servers of a request to the aggregate; `server` stands for all of them then. */
  readonly view?: View | undefined;
}
