import type { UnreadableEventRow } from '../projections/tables/unreadableEvents.ts';
import type { TrailRow } from './formerSettings.ts';

/** An event of the trail, or one that can't be read, of which only its place, its type and why are known. */
export type TrailEntry = TrailRow | UnreadableEntry;
export type UnreadableEntry = Pick<UnreadableEventRow, 'stream' | 'revision' | 'position' | 'type' | 'reason'>;
