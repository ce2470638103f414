import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { LogEntry } from '../eventStore.ts';
import { recordedEvent, streamOf } from './recordedEvent.ts';

/** Before the name of a stream that holds another one's metadata. */
const METADATA_OF = '$$';

/** Which streams in the store are ours, and how they are called there. */
export interface Names {
  /** A stream's name in the store. */
  inStore(stream: string): string;
  /** How the names of all streams begin that concern us: ours, and those that say how ours are to be shown. */
  readonly prefixes: readonly string[];
  /** What a record means to us. */
  entryOf(read: streams.ReadResp.ReadEvent): LogEntry;
}

/**
 * @param streamPrefix stands before the name of each of our streams in the store
 * @param streams how the names of our streams begin, without the prefix
 */
export function namesOf(streamPrefix: string, streams: readonly string[]): Names {
  const ours = streams.map((each) => streamPrefix + each);

  function isOurs(name: string): boolean {
    return ours.some((prefix) => name.startsWith(prefix));
  }

  return {
    inStore: (stream) => streamPrefix + stream,
    prefixes: [...ours, ...ours.map((each) => METADATA_OF + each)],
    entryOf(read) {
      const { name, type, position } = streamOf(read);
      const shown = name.startsWith(METADATA_OF) ? name.slice(METADATA_OF.length) : undefined;
      const stream = (shown ?? name).slice(streamPrefix.length);
      if (shown !== undefined) {
        return isOurs(shown) ? { kind: 'visibility', position, stream } : { kind: 'passed', position };
      }
      if (!isOurs(name)) return { kind: 'passed', position };
      if (type === '$streamDeleted') return { kind: 'visibility', position, stream };
      // Links, and whatever else the server itself puts into streams.
      if (type.startsWith('$')) return { kind: 'passed', position };
      return { kind: 'event', position, event: recordedEvent(read, stream) };
    },
  };
}
