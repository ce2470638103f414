import type { Call } from '../call.ts';
import { edited, placesOf, type Paths } from '../jsonPlaces.ts';
import type { ReadBody } from '../readBody.ts';
import type { HeldAggregates } from './heldAggregates.ts';

const NAME: Paths = { params: { name: true } };

/** A call to the aggregate, as one server gets it as bytes. */
export interface MemberCall {
  readonly call: Call;
  readonly bytes: Buffer;
  /** To be called when it is over. */
  readonly leave: () => void;
}

/**
 * Makes of a call of a tool one to the server that has it, where its conversation with the client is open and nothing has to
 * change but the tool's name. Undefined: it is to be carried as messages.
 * @param asMessages see MemberOfCall
 */
export function memberCall(
  call: Call,
  { bytes }: ReadBody,
  aggregates: HeldAggregates,
  asMessages: () => void,
): MemberCall | undefined {
  const { view, session, tools } = call;
  if (call.method !== 'tools/call' || call.kind !== 'request' || call.tasks !== undefined) return undefined;
  const joined = aggregates.join(call);
  if (joined === undefined) return undefined;
  const entry = view?.entries.find(({ server }) => server.name === joined.server);
  const text = bytes.toString('utf8');
  const renamed = entry?.server.transport === 'http' ? withName(text, tools[0] ?? '', joined.own) : undefined;
  if (entry === undefined || renamed === undefined) {
    joined.leave();
    return undefined;
  }
  const own = joined.session && session && { ...session, upstreamId: joined.session.id ?? '' };
  return {
    call: {
      ...call,
      server: entry.server,
      grant: entry.grant,
      view: undefined,
      tools: [joined.own],
      session: own,
      member: { name: joined.own, session: joined.session, keepsIds: joined.isSole, asMessages },
    },
    bytes: joined.own === tools[0] ? bytes : Buffer.from(renamed),
    leave: joined.leave,
  };
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
