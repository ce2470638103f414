import { moveCursor, START } from '../../frame/lists/cursor.ts';
import { nextOf } from '../../frame/lists/sort.ts';
import type { Effect, State, Step, Target } from '../../frame/model.ts';
import { readFrom, slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { USAGE_ROWS } from './read.ts';
import { USAGE, USAGE_GROUPS, USAGE_RANGES, USAGE_SORTS, sortUsage, type NamedUsage } from './state.ts';

/** Counts what is not counted yet. */
export function readUsage(state: State): Step {
  return [state, slotOf(state, USAGE).rows === undefined ? countAgain(state) : []];
}

/** Counts again. */
export function countAgain(state: State): readonly Effect[] {
  const { group, hours, scopes } = slotOf(state, USAGE);
  return [readFrom(USAGE_ROWS, { group, hours, scopes })];
}

/** Moves the cursor. */
export function moveInUsage(state: State, target: Target): State {
  const { at, top, rows = [] } = slotOf(state, USAGE);
  const height = titledListHeight(state);
  const index = target(at, height, rows.length - 1);
  return withSlot(state, USAGE, moveCursor({ at, top }, index, rows.length, height));
}

/** Counts by something else. */
export function nextGroup(state: State): Step {
  const group = nextOf(USAGE_GROUPS, slotOf(state, USAGE).group);
  return [withSlot(state, USAGE, { ...START, group, rows: undefined }), []];
}

/** Counts further back; after the longest range comes the shortest. */
export function nextRange(state: State): Step {
  const hours = nextOf<number>(USAGE_RANGES, slotOf(state, USAGE).hours);
  return [withSlot(state, USAGE, { ...START, hours, rows: undefined }), []];
}

/** Sorts by something else. */
export function sortNext(state: State): Step {
  const { sort: before, rows, group } = slotOf(state, USAGE);
  const sort = nextOf(USAGE_SORTS, before);
  return [withSlot(state, USAGE, { ...START, sort, rows: rows && sortUsage(rows, sort, group) }), []];
}

/** What a row is counted by once it is opened. */
const INSIDE = { key: 'tool', server: 'tool', tool: 'hour', hour: undefined } as const;

/** Counts what is in the row under the cursor: the tools of a key or server, the hours of a tool. */
export function openUsage(state: State): Step {
  const { group, scopes, before } = slotOf(state, USAGE);
  const row = usageInView(state);
  const inside = INSIDE[group];
  if (row === undefined || inside === undefined) return [state, []];
  const { name, keyId, server, tool } = row;
  const opened = { scopes: [...scopes, { name, keyId, server, tool }], before: [...before, group] };
  return [withSlot(state, USAGE, { ...START, ...opened, group: inside, rows: undefined }), []];
}

/** Goes out of the row that was opened last. */
export function closeUsage(state: State): Step {
  const { scopes, before } = slotOf(state, USAGE);
  const group = before.at(-1);
  if (group === undefined) return [state, []];
  const closed = { scopes: scopes.slice(0, -1), before: before.slice(0, -1) };
  return [withSlot(state, USAGE, { ...START, ...closed, group, rows: undefined }), []];
}

/** The row under the cursor. */
export function usageInView(state: State): NamedUsage | undefined {
  const { rows, at } = slotOf(state, USAGE);
  return rows?.[at];
}

/** The command that counts the same. */
export function usageCommand(state: State): readonly string[] {
  const { group, hours, scopes } = slotOf(state, USAGE);
  const filters = scopes.flatMap(({ keyId, server, tool }) => [
    ...(keyId === undefined ? [] : ['--key', keyId]),
    ...(server === undefined ? [] : ['--server', server]),
    ...(tool === undefined ? [] : ['--tool', tool]),
  ]);
  return ['usage', '--by', group === 'tool' ? 'server,tool' : group, '--last', `${String(hours)}h`, ...filters];
}
