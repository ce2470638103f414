import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/principal.ts';
import { noteAnsweredHere, SERVER_NOT_GRANTED } from '../calls/answeredHere.ts';
import type { CallScope } from '../calls/openCall.ts';
import { AppError } from '../errors/appError.ts';
import { bodyBytesOf, protocolOf, requestIdOf } from '../front/frontResponse.ts';
import type { LiveServers } from '../live/liveServer.ts';
import { serverNameIn } from './admission.ts';
import type { CallResponse } from './lineResponse.ts';

export interface NotRoutedOptions extends Pick<CallScope, 'onCall'> {
  readonly servers: Pick<LiveServers, 'find'>;
}

/**
 * Makes what notes a request that was refused for the server that its path names, where there is such a server: it is not granted,
 * or disabled. It is called after the answer, which must not take longer for a server that exists.
 */
export function createNoteNotRouted({ servers, onCall }: NotRoutedOptions) {
  return (req: IncomingMessage, res: CallResponse, principal: Principal, error: unknown): void => {
    const name = serverNameIn(req.url ?? '');
    if (name === undefined || !(error instanceof AppError)) return;
    const outcome = principal.grants.forServer(name) === undefined ? SERVER_NOT_GRANTED : error.code;
    const [requestId, protocol, bytesOut] = [requestIdOf(res), protocolOf(res), bodyBytesOf(res)];
    const answer = { requestId, protocol, outcome, status: res.statusCode, bytesOut };
    const call = { principal, server: { name }, method: req.method ?? '', tool: undefined, era: undefined, bytesIn: 0 };
    Promise.resolve(servers.find(name))
      .then((server) => server && noteAnsweredHere({ onCall }, call, answer))
      // It can't be looked up now: nothing more is known of it.
      .catch(() => undefined);
  };
}
