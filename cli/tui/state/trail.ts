import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import { START, type Cursor } from './cursor.ts';

/** The audit trail as far back as the user has gone, the newest first. */
export interface Trail extends Cursor {
  readonly filter: string;
  /** Undefined until something has been read. */
  readonly rows: readonly AuditEventRow[] | undefined;
  /** Where to read on; undefined: at the beginning of time, nothing is left. */
  readonly next: string | undefined;
  readonly isReading: boolean;
  readonly generation: number;
}

/** What was read of the trail, from the newest on or further back. */
export interface TrailRead {
  readonly generation: number;
  /** From where it was read; undefined: from the newest. */
  readonly after: string | undefined;
  readonly rows: readonly AuditEventRow[];
  readonly next: string | undefined;
}

/** Before anything was read. */
export const EMPTY_TRAIL: Trail = {
  ...START,
  filter: '',
  rows: undefined,
  next: undefined,
  isReading: false,
  generation: 0,
};

/** Takes what was read in: further back it is added, from the newest on it is put before what is there. */
export function takeTrail(trail: Trail, { generation, after, rows, next }: TrailRead): Trail {
  if (generation !== trail.generation) return trail;
  const known = trail.rows ?? [];
  if (after !== undefined) return { ...trail, rows: [...known, ...rows], next, isReading: false };
  const newest = known[0];
  const overlap = newest === undefined ? -1 : rows.findIndex(({ position }) => position === newest.position);
  // So much is new that it does not meet what was there: begin anew.
  if (overlap === -1) return { ...trail, rows, next, isReading: false, at: 0, top: 0 };
  const isAtTop = trail.at === 0;
  return {
    ...trail,
    rows: [...rows.slice(0, overlap), ...known],
    isReading: false,
    // Who looks at the newest goes on looking at the newest; whoever looks at another one keeps it.
    at: isAtTop ? 0 : trail.at + overlap,
    top: isAtTop ? 0 : trail.top + overlap,
  };
}
