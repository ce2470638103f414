import { moveCursor, START } from '../../frame/lists/cursor.ts';
import { nextOf } from '../../frame/lists/sort.ts';
import type { Effect, State, Step, Target } from '../../frame/model.ts';
import { readFrom, slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { USAGE_ROWS } from './read.ts';
import {
  sortUsage,
  spanOfRange,
  USAGE,
  USAGE_GROUPS,
  USAGE_RANGES,
  USAGE_SORTS,
  type NamedUsage,
  type UsageGroup,
  type UsageQuery,
} from './state.ts';

/** Counts what is not counted yet. */
export function readUsage(state: State): Step {
  return [state, slotOf(state, USAGE).rows === undefined ? countAgain(state) : []];
}

/** Counts again. */
export function countAgain(state: State): readonly Effect[] {
  const { group, range, scopes } = slotOf(state, USAGE);
  return [readFrom(USAGE_ROWS, { group, range, scopes })];
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
  const range = nextOf(USAGE_RANGES, slotOf(state, USAGE).range);
  return [withSlot(state, USAGE, { ...START, range, rows: undefined }), []];
}

/** Sorts by something else. */
export function sortNext(state: State): Step {
  const { sort: before, rows, group } = slotOf(state, USAGE);
  const sort = nextOf(USAGE_SORTS, before);
  return [withSlot(state, USAGE, { ...START, sort, rows: rows && sortUsage(rows, sort, group) }), []];
}

/** What a row is counted by once it is opened: who used a tool, what a key used, and in the end when. */
function insideOf({ group, scopes }: UsageQuery): UsageGroup | undefined {
  const isOfKey = scopes.some(({ keyId }) => keyId !== undefined);
  const isOfTool = scopes.some(({ tool }) => tool !== undefined);
  switch (group) {
    case 'key':
      return isOfTool ? 'hour' : 'tool';
    case 'server':
      return 'tool';
    case 'tool':
      return isOfKey ? 'hour' : 'key';
    case 'hour':
      return undefined;
  }
}

/** Counts what is in the row under the cursor: the tools of a key or server, the keys that used a tool, the hours. */
export function openUsage(state: State): Step {
  const usage = slotOf(state, USAGE);
  const { group, scopes, before } = usage;
  const row = usageInView(state);
  const inside = insideOf(usage);
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
  const { group, range, scopes } = slotOf(state, USAGE);
  const filters = scopes.flatMap(({ keyId, server, tool }) => [
    ...(keyId === undefined ? [] : ['--key', keyId]),
    ...(server === undefined ? [] : ['--server', server]),
    ...(tool === undefined ? [] : ['--tool', tool]),
  ]);
  const { fromMs, toMs } = spanOfRange(range, state.nowMs);
  const days = ['--from', new Date(fromMs).toISOString(), '--to', new Date(toMs).toISOString()];
  const span = range === 'yesterday' ? days : ['--last', range];
  return ['usage', '--by', group === 'tool' ? 'server,tool' : group, ...span, ...filters];
}
