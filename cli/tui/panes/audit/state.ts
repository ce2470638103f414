import type { TrailRow } from '../../../../src/audit/formerSettings.ts';
import { NO_NAMES, type KeyNames } from '../../../views/keyView.ts';
import { START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot } from '../../frame/model.ts';

/** The audit trail as far back as the user has gone, the newest first. */
export interface Trail extends Cursor {
  readonly filter: string;
  /** Undefined until something has been read. */
  readonly rows: readonly TrailRow[] | undefined;
  /** Of the keys in them. */
  readonly names: KeyNames;
  /** Where to read on; undefined: the beginning of the trail is in memory. */
  readonly next: string | undefined;
  readonly isReading: boolean;
  /** Counts the filters, so that what was read for an older one is not taken in. */
  readonly generation: number;
}

export interface TrailQuery {
  readonly filter: string;
  /** From where it is read; undefined: from the newest. */
  readonly after: string | undefined;
  readonly generation: number;
}

/** What was read of the trail, from the newest on or further back. */
export interface TrailRead extends Pick<TrailQuery, 'generation' | 'after'> {
  readonly rows: readonly TrailRow[];
  readonly names: KeyNames;
  readonly next: string | undefined;
}

export const AUDIT: Slot<Trail> = {
  name: 'audit',
  initial: { ...START, filter: '', rows: undefined, names: NO_NAMES, next: undefined, isReading: false, generation: 0 },
};

/** Takes in what was read: events further back go to the end, the newest ones before what is there. */
export function takeTrail(before: Trail, { generation, after, rows, names, next }: TrailRead): Trail {
  if (generation !== before.generation) return before;
  const trail = { ...before, names: new Map([...before.names, ...names]) };
  const known = trail.rows ?? [];
  if (after !== undefined) return { ...trail, rows: [...known, ...rows], next, isReading: false };
  const newest = known[0];
  const overlap = newest === undefined ? -1 : rows.findIndex(({ position }) => position === newest.position);
  // The new events do not reach back to those in memory: they replace them.
  if (overlap === -1) return { ...trail, rows, next, isReading: false, at: 0, top: 0 };
  const isAtTop = trail.at === 0;
  return {
    ...trail,
    rows: [...rows.slice(0, overlap), ...known],
    isReading: false,
    // Who looks at the newest goes on looking at the newest; who looks at another event keeps it.
    at: isAtTop ? 0 : trail.at + overlap,
    top: isAtTop ? 0 : trail.top + overlap,
  };
}
