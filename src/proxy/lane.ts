import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { Eras } from '../upstream/eras.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import type { Call } from './call.ts';
import type { CallResponse } from './lineResponse.ts';
import type { ReadBody } from './readBody.ts';
import type { Session } from './sessionTokens.ts';

export type LaneName = 'bytes' | 'messages';

/** One of the two ways through the proxy, for calls whose answers are of these kinds. */
export interface Lane<Response extends CallResponse = ServerResponse> {
  /** Names the server at the place where it is: sessions and tasks belong there. @throws Unavailable */
  placeOf(server: LiveServer): string;
  /** Carries a call to its end. @throws what CallRegister.open throws; NotFound; Invalid */
  readonly carry: (call: Call, req: IncomingMessage, res: Response, body: ReadBody | undefined) => void;
  /** Where a session lives, as `Peers.find` reads it. Absent: any replica carries its calls. */
  homeOf?(session: Session, isOfAggregate: boolean): string;
  /** The server has changed or gone away: calls under way go on, new ones get nothing of what was opened for it. */
  retire(server: string): void;
}

/** The two lanes: what comes as a line is a message, and goes on as one. */
export interface Lanes {
  readonly bytes: Lane;
  readonly messages: Lane<CallResponse>;
}

/**
 * Chooses the lane of a call. A server that speaks HTTP as clients do gets the bytes of the body as they came, and so does the
 * client: no message is parsed or written anew, which is what makes the gateway cheap. Any other transport carries messages
 * one by one, and so do the aggregate of servers and the bridge between eras: they need the messages themselves.
 */
export function laneOf(admitted: ToServers, era: Era, eras: Eras): LaneName {
  const [first] = lanesOf(admitted);
  return first === 'bytes' && eras.speaks(admitted.server, era) === false ? 'messages' : first;
}

/** The lanes in which calls may go, the one that costs less first. */
export function lanesOf({ server, view }: ToServers): readonly [LaneName, ...LaneName[]] {
  return server.transport === 'http' && view === undefined ? BOTH : MESSAGES;
}

const BOTH = ['bytes', 'messages'] as const;
const MESSAGES = ['messages'] as const;
type ToServers = Pick<AdmittedRequest, 'server' | 'view'>;
