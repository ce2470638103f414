import type { IncomingHttpHeaders } from 'node:http';
import type { JoinedServer } from '../../upstream/aggregate/joinedServer.ts';
import { readMemberEventId } from '../../upstream/aggregate/memberIds.ts';
import type { Call } from '../call.ts';
import { edited, placesOf, type Paths } from '../jsonPlaces.ts';
import type { ReadBody } from '../readBody.ts';
import type { HeldAggregates } from './heldAggregates.ts';
import type { ViewEntry } from './view.ts';

const NAME: Paths = { params: { name: true } };

/** A call to the aggregate, as one server gets it as bytes. */
export interface MemberCall {
  readonly call: Call;
  /** Undefined for GET. */
  readonly bytes: Buffer | undefined;
  /** To be called when it is over. */
  readonly leave: () => void;
}

/**
 * Makes of a call one to the server that it is for, where its conversation with the client is open, and bytes can go there: a call
 * of a tool, of which nothing has to change but the name, or a GET that takes the answer of such a call up again. Undefined: it is
 * to be carried as messages.
 * @param asMessages see MemberOfCall
 */
export function memberCall(
  call: Call,
  body: ReadBody | undefined,
  headers: IncomingHttpHeaders,
  aggregates: HeldAggregates,
  asMessages: () => void,
): MemberCall | undefined {
  const eventId = call.httpMethod === 'GET' ? headers['last-event-id'] : undefined;
  if (typeof eventId === 'string') return resumption(call, eventId, aggregates, asMessages);
  return body === undefined ? undefined : toolCall(call, body, aggregates, asMessages);
}

function toolCall(
  call: Call,
  { bytes }: ReadBody,
  aggregates: HeldAggregates,
  asMessages: () => void,
): MemberCall | undefined {
  const { view, tools } = call;
  if (call.method !== 'tools/call' || call.kind !== 'request' || call.tasks !== undefined) return undefined;
  const joined = aggregates.join(call);
  if (joined === undefined) return undefined;
  const entry = view?.entries.find(({ server }) => server.name === joined.server);
  const text = bytes.toString('utf8');
  const { own = '', session, isSole: keepsIds, place, leave } = joined;
  const renamed = entry?.server.transport === 'http' ? withName(text, tools[0] ?? '', own) : undefined;
  if (entry === undefined || renamed === undefined) {
    leave();
    return undefined;
  }
  return {
    call: {
      ...ofMember(call, entry, joined),
      tools: [own],
      member: { place, name: own, session, keepsIds, asMessages },
    },
    bytes: own === tools[0] ? bytes : Buffer.from(renamed),
    leave,
  };
}

function resumption(
  call: Call,
  eventId: string,
  aggregates: HeldAggregates,
  asMessages: () => void,
): MemberCall | undefined {
  const event = readMemberEventId(eventId);
  const joined = event && aggregates.rejoin(call, event.place);
  if (event === undefined || joined === undefined) return undefined;
  const { session, isSole: keepsIds, place, leave } = joined;
  const entry = call.view?.entries.find(({ server }) => server.name === joined.server);
  if (entry?.server.transport !== 'http') {
    leave();
    return undefined;
  }
  const member = { place, name: undefined, session, keepsIds, lastEventId: event.own, asMessages };
  return { call: { ...ofMember(call, entry, joined), tasks: undefined, member }, bytes: undefined, leave };
}

/** The call as one to a server of its own. */
function ofMember(call: Call, { server, grant }: ViewEntry, { session }: JoinedServer): Call {
  const own = session && call.session && { ...call.session, upstreamId: session.id ?? '' };
  return { ...call, server, grant, view: undefined, session: own };
}

/** Exchanges the name in the text of a message. Undefined where it stands there more than once, or is written in another way. */
function withName(text: string, name: string, own: string): string | undefined {
  const written = JSON.stringify(name);
  const at = text.indexOf(written);
  // A text without escapes that has it once has it there: it was parsed.
  if (at !== -1 && !text.includes('\\') && !text.includes(written, at + 1)) {
    return text.slice(0, at) + JSON.stringify(own) + text.slice(at + written.length);
  }
  const places = placesOf(text, NAME);
  const [place] = places;
  if (place === undefined || places.length !== 1) return undefined;
  if (text.slice(place.from, place.to) !== written) return undefined;
  return edited(text, [{ ...place, text: JSON.stringify(own) }]);
}
