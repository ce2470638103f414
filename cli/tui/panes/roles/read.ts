import { keyRoleStream } from '../../../../src/events/keyRole.ts';
import { listKeys } from '../../../../src/projections/tables/keyLists.ts';
import { findRole, type CountedRole } from '../../../../src/projections/tables/keyRoles.ts';
import { namesInHistory } from '../../../stores/namesInHistory.ts';
import { rolePages } from '../../../stores/pages.ts';
import { moveCursor } from '../../frame/lists/cursor.ts';
import type { Source } from '../../frame/model.ts';
import { listHeight, slotOf, updateContents, withSlot } from '../../frame/state.ts';
import { readHistory } from '../../screens/timeline/readHistory.ts';
import { ROLE, ROLES, rolesShown, type ShownRole } from './state.ts';

/** Roles that are shown: more is for `metamcp-cli roles list`. */
const MAX_ROLES = 2_000;
/** Keys that are named of those that have a role; the others are counted. */
const NAMED = 200;

/** All roles. */
export const ALL_ROLES: Source<undefined, readonly CountedRole[]> = {
  async read({ stores: { db } }) {
    const all: CountedRole[] = [];
    for await (const page of rolePages(db)) {
      all.push(...page);
      if (all.length >= MAX_ROLES) break;
    }
    return all.slice(0, MAX_ROLES);
  },
  take(state, _query, all) {
    const before = slotOf(state, ROLES);
    const name = rolesShown(before)[before.at]?.name;
    const roles = { ...before, all, isReading: false };
    const shown = rolesShown(roles);
    // The cursor stays on its role when others came or went before it.
    const place = shown.findIndex((row) => row.name === name);
    const cursor = moveCursor(before, place === -1 ? before.at : place, shown.length, listHeight(state));
    return [withSlot(state, ROLES, { ...roles, ...cursor }), []];
  },
};

/** One role as it is now, who has it, and its history. */
export const ONE_ROLE: Source<{ readonly name: string }, Partial<ShownRole>> = {
  async read({ stores }, { name }) {
    const { db } = stores;
    const [row, history, found] = await Promise.all([
      findRole(db, name),
      readHistory(stores, keyRoleStream(name)),
      listKeys(db, { role: name, without: ['deleted'], limit: NAMED }),
    ]);
    const holders = found.map((key) => ({ id: key.id, name: key.name }));
    return { ...(row !== undefined && { row }), about: { holders, history, names: await namesInHistory(db, history) } };
  },
  take(state, { name }, read) {
    const next = updateContents(state, ROLE, (shown) => (shown.row.name === name ? { ...shown, ...read } : shown));
    const { row, about } = read;
    const isAsked = row !== undefined && slotOf(state, ROLES).asked === name;
    return [isAsked ? withSlot(next, ROLES, { detail: { row, about } }) : next, []];
  },
};
