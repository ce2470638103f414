import { Refused, Unavailable } from '../../errors/appError.ts';
import type { Visibility } from '../eventStore.ts';
import { streamRequest } from './readRequest.ts';
import { jsonObject } from './recordedEvent.ts';
import type { StoreCalls } from './storeCalls.ts';

/** What a stream's metadata hides its events with. */
const LIMITS = ['$tb', '$maxCount', '$maxAge'];

/** Those that may hide later what is shown now. */
const LATER = ['$maxCount', '$maxAge'];

/** Finds out what the store shows of a stream, with two reads of one event at most. @throws Unavailable */
export async function visibilityOf(calls: StoreCalls, stream: string): Promise<Visibility> {
  const name = calls.names.inStore(stream);
  const request = () => streamRequest(name, { direction: 'forwards', from: undefined, limit: 1 });
  try {
    for await (const response of calls.read({ stream: name, request })) {
      const revision = response.getEvent()?.getEvent()?.getStreamRevision();
      if (revision === undefined) continue;
      if (revision !== '0') return 'hidden';
      return (await hasLimits(calls, name, LATER)) ? 'limited' : 'whole';
    }
  } catch (error) {
    if (error instanceof Refused && error.code === 'stream-removed') return 'removed';
    throw error;
  }
  return (await hasLimits(calls, name, LIMITS)) ? 'hidden' : 'absent';
}

/** Whether one of these limits is set for a stream. */
async function hasLimits(calls: StoreCalls, name: string, limits: readonly string[]): Promise<boolean> {
  const stream = `$$${name}`;
  const request = () => streamRequest(stream, { direction: 'backwards', from: undefined, limit: 1 });
  try {
    for await (const response of calls.read({ stream, request })) {
      const metadata = response.getEvent()?.getEvent()?.getData_asU8();
      if (metadata !== undefined) return limits.some((limit) => limit in jsonObject(metadata));
    }
  } catch (error) {
    // A user who may read our streams need not be allowed to read this; the read tables know the stream if it ever was.
    if (!(error instanceof Unavailable) || error.code !== 'event-store-access-denied') throw error;
  }
  return false;
}
