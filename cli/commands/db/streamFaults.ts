import type { Queryable } from '../../../src/postgres/database.ts';
import { listHiddenStreams, type HiddenStreamRow } from '../../../src/projections/tables/hiddenStreams.ts';
import { listRetiredStreams, type RetiredStreamRow } from '../../../src/projections/tables/retiredStreams.ts';
import { listUnreadable, type UnreadableEventRow } from '../../../src/projections/tables/unreadableEvents.ts';
import { keyNames } from '../../../src/projections/tables/apiKeys.ts';
import { keyTitleOf, type KeyNames } from '../../views/keyView.ts';
import { shortId } from '../../../src/shortId.ts';
import { subjectOf } from '../../../src/events/streamName.ts';

/** Shown of each kind. */
const LIMIT = 100;

/** Why a key or server can't be used whatever its status, and what helps. */
export interface StreamFault {
  readonly stream: string;
  /** Of an event that can't be read. */
  readonly revision?: number;
  readonly fault: string;
  readonly meaning: string;
  readonly remedy?: string;
}

/** Lists the first faults of each kind. */
export async function listStreamFaults(db: Queryable): Promise<StreamFault[]> {
  const [hidden, unreadable, retired] = await Promise.all([
    listHiddenStreams(db, { limit: LIMIT }),
    listUnreadable(db, LIMIT),
    listRetiredStreams(db, LIMIT),
  ]);
  return [...hidden.map(ofHidden), ...unreadable.map(ofUnreadable), ...retired.map(ofRetired)];
}

/** Finds the names of the keys that faults are of. */
export function namesInFaults(db: Queryable, faults: readonly StreamFault[]): Promise<KeyNames> {
  return keyNames(db, [...new Set(faults.flatMap(({ stream }) => keyIn(stream) ?? []))]);
}

/** Names a stream, and the key that it is of. */
export function streamTitle(stream: string, names: KeyNames): string {
  const id = keyIn(stream);
  return id === undefined || !names.has(id) ? stream : `The key ${keyTitleOf(id, names)}, ${stream},`;
}

function keyIn(stream: string): string | undefined {
  const subject = subjectOf(stream);
  return subject !== undefined && 'key' in subject ? subject.key : undefined;
}

function ofHidden({ stream, visibility }: HiddenStreamRow): StreamFault {
  if (visibility === 'removed') {
    return {
      stream,
      fault: 'removed',
      meaning: 'somebody has deleted it for good',
      remedy: 'see docs/eventstoredb.md',
    };
  }
  if (visibility === 'limited') {
    return {
      stream,
      fault: 'limited',
      meaning: 'a limit is set for it in the event store that is going to hide its beginning',
      remedy: 'clear $maxCount and $maxAge: see docs/eventstoredb.md',
    };
  }
  return {
    stream,
    fault: 'hidden',
    meaning: 'the event store does not show all of it',
    remedy:
      'clear its limits, and its $acl if that keeps MetaMCP from reading it; after a deletion write {} as its metadata, twice: see docs/eventstoredb.md',
  };
}

function ofUnreadable({ stream, revision, type, reason }: UnreadableEventRow): StreamFault {
  return {
    stream,
    revision,
    fault: 'unreadable',
    meaning: `${type} can’t be read: ${reason}`,
    remedy: `metamcp-cli db skip ${stream}@${revision} --reason …`,
  };
}

function ofRetired({ stream, final, reason }: RetiredStreamRow): StreamFault {
  const why = reason === null ? '' : `: ${reason}`;
  if (final) return { stream, fault: 'retired', meaning: `made invalid for good${why}` };
  const subject = subjectOf(stream);
  // A role is retired for good only.
  if (subject === undefined || 'role' in subject) return { stream, fault: 'retired', meaning: `made invalid${why}` };
  const remedy =
    'key' in subject
      ? `metamcp-cli keys activate ${shortId(subject.key)}`
      : `metamcp-cli servers enable ${subject.server}`;
  return { stream, fault: 'retired', meaning: `made invalid${why}`, remedy };
}
