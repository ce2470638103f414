import type { IncomingMessage } from 'node:http';
import type { ToolGrant } from '../access/grants.ts';
import type { Principal } from '../auth/principal.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { View } from './aggregate/view.ts';
import type { CallResponse } from './lineResponse.ts';

/** A request of a key to a server that it may use. */
export interface AdmittedRequest<Response extends CallResponse = CallResponse> {
  readonly req: IncomingMessage;
  /** What carries the answer: of its own, or of a message in a line of the request. */
  readonly res: Response;
  readonly principal: Principal;
  readonly grant: ToolGrant;
  readonly server: LiveServer;
  /** The servers of a request to the aggregate; `server` stands for all of them then. */
  readonly view?: View | undefined;
}
