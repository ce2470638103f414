import type { LiveServer } from '../live/liveServer.ts';
import type { CallLimits } from './callLimits.ts';
import { Limited, Unavailable, type AppError } from '../errors/appError.ts';

/**
 * How much one key may have under way for each unit of it that is still free (a dynamic threshold, as
 * switches share a buffer between their ports). So one key alone gets three quarters of the slots and another one finds
 * a quarter free; two that both want all get three sevenths each as calls end. With up to three slots, one key may take all.
 */
const PER_FREE = 3;

/** Calls and standing streams of one key at one server. */
export interface Tally {
  calls: number;
  standing: number;
}

/** Tells why a key gets no slot for another call at a server; undefined when it does. */
export function slotRefusal(server: LiveServer, underWay: number, own: Tally): AppError | undefined {
  const { maxInFlight } = server.limits;
  const free = maxInFlight - underWay;
  if (free <= 0) {
    const message = `The server "${server.name}" has ${String(maxInFlight)} call${maxInFlight === 1 ? '' : 's'} in flight, as many as it may.`;
    return new Unavailable('server-busy', message, { data: { maxInFlight } });
  }
  if (own.calls < PER_FREE * free) return undefined;
  const message = `This API key has ${String(own.calls)} of the ${String(maxInFlight)} calls that the server "${server.name}" takes at once; the rest is for other keys.`;
  return new Limited('too-many-calls', message, { data: { maxInFlight, ofThisKey: own.calls } });
}

/** Tells why a key may not open another standing stream at a server, or at /mcp; undefined when it may. */
export function streamRefusal(server: LiveServer | undefined, own: Tally, maxStanding: number): AppError | undefined {
  if (own.standing < maxStanding) return undefined;
  const message = `This API key has ${String(maxStanding)} streams open at ${server === undefined ? '/mcp' : `the server "${server.name}"`}, as many as it may. End one that is not used.`;
  return new Limited('too-many-streams', message, { data: { maxStreams: maxStanding } });
}

/** Tells why there is no room for more of a key's bodies and answers; undefined when there is. Bytes, with the new ones. */
export function roomRefusal(own: number, all: number, limits: CallLimits): AppError | undefined {
  const { maxRoomBytesPerKey, maxRoomBytes } = limits;
  if (own <= maxRoomBytesPerKey && own <= PER_FREE * (maxRoomBytes - all)) return undefined;
  const message = `The bodies and answers under way are too large together: at most ${String(maxRoomBytesPerKey)} bytes for one key, ${String(maxRoomBytes)} for all. Repeat the request when others have been answered.`;
  const data = { maxBytesPerKey: maxRoomBytesPerKey, maxBytes: maxRoomBytes };
  return new Limited('too-many-bodies', message, { data });
}
