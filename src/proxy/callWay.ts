import { Invalid } from '../errors/appError.ts';
import type { Era } from '../mcp/eras.ts';
import { sessionNotFound } from '../mcp/lostSession.ts';
import type { Eras } from '../upstream/eras.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { laneOf, lanesOf, type Lane, type Lanes } from './lane.ts';
import { LineResponse } from './lineResponse.ts';
import type { Message } from './message.ts';
import type { Session, SessionTokens } from './sessionTokens.ts';

/** Where a call goes. */
export interface CallWay {
  readonly lane: Lane;
  readonly era: Era;
  /** Where the server is (Lane.placeOf), or the view of the aggregate. */
  readonly place: string;
  /** The session that the client continues, if there is one. */
  readonly session: Session | undefined;
}

/**
 * Finds where a call goes.
 * @throws NotFound when the client names a session that is not this key's with this server at this place; Invalid when it has none
 */
export type FindWay = (admitted: AdmittedRequest, message: Message | undefined) => CallWay;

export function createFindWay(lanes: Lanes, eras: Eras, tokens: SessionTokens): FindWay {
  function ofLine(admitted: AdmittedRequest, { channel }: LineResponse, era: Era, isInSession: boolean): CallWay {
    const { messages: lane } = lanes;
    const place = admitted.view?.place ?? lane.placeOf(admitted.server);
    if (!isInSession) return { lane, era, place, session: undefined };
    const { session } = channel;
    if (session === undefined) {
      throw new Invalid('session-required', 'Begin with "initialize": there is no session yet.');
    }
    if (session.place !== place) throw sessionNotFound();
    return { lane, era, place, session };
  }

  return (admitted, message) => {
    const { req, res, server, view, principal } = admitted;
    const era = message?.era ?? 'legacy';
    const isInSession = era === 'legacy' && message?.method !== 'initialize';
    if (res instanceof LineResponse) {
      // What is cancelled may be `initialize`, which has no session yet.
      return ofLine(admitted, res, era, isInSession && message?.method !== 'notifications/cancelled');
    }

    const placeIn = (lane: Lane): string => view?.place ?? lane.placeOf(server);
    const token = req.headers['mcp-session-id'];
    if (token === undefined || !isInSession) {
      const lane = lanes[laneOf(admitted, era, eras)];
      return { lane, era, place: placeIn(lane), session: undefined };
    }
    const session = typeof token === 'string' ? tokens.open(token) : undefined;
    if (session?.keyId !== principal.keyId) throw sessionNotFound();
    // A session stays in the lane in which it began.
    const lane = lanesOf(admitted).find((name) => placeIn(lanes[name]) === session.place);
    if (lane === undefined) throw sessionNotFound();
    return { lane: lanes[lane], era, place: session.place, session };
  };
}
