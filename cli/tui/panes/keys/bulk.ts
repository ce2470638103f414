import { grantSchema } from '../../../../src/events/apiKey.ts';
import { roleNameSchema } from '../../../../src/events/heldRole.ts';
import { tagSchema } from '../../../../src/events/tagSchema.ts';
import { listKeys } from '../../../../src/projections/tables/keyLists.ts';
import { addMarks, dropMarks, MAX_MARKS, NO_MARKS, toggleMark } from '../../frame/lists/marks.ts';
import { rowAtCursor } from '../../frame/lists/window.ts';
import type { JobKind, State, Step } from '../../frame/model.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { push, slotOf, topScreen, withError, withSlot } from '../../frame/state.ts';
import { TARGETS } from '../../frame/move.ts';
import { PICK_GRANTS } from '../../screens/access/pickGrants.ts';
import { PICK_ROLES } from '../../screens/access/pickRoles.ts';
import type { Subject } from '../../screens/bulk/bulk.ts';
import { bulkForm, type BulkForm } from '../../screens/bulk/bulkForm.ts';
import type { Field, Form, Values } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { checkReason, checkTextOf, optional, REASON } from '../../screens/form/reason.ts';
import { keyFilterOf } from './read.ts';
import { moveInKeys } from './reduce.ts';
import { keyInView, KEYS } from './state.ts';

/** Marks the key under the cursor, or takes its mark away, and goes on to the next. */
export function markKey(state: State): Step {
  const { list, marked } = slotOf(state, KEYS);
  const row = rowAtCursor(list);
  if (row === undefined) return [state, []];
  return [moveInKeys(withSlot(state, KEYS, { marked: toggleMark(marked, row) }), TARGETS.down), []];
}

/** Takes all marks away. */
export function unmarkKeys(state: State): Step {
  return [withSlot(state, KEYS, { marked: NO_MARKS }), []];
}

/** Marks all keys that the list shows with its filter. */
export function markAllKeys(state: State): Step {
  const { list, includeDeleted } = slotOf(state, KEYS);
  const [next, effects] = startWork(state, jobOf(MARK_ALL, { filter: list.filter, includeDeleted }), 'Marking all');
  return [next, effects];
}

interface Listed {
  readonly filter: string;
  readonly includeDeleted: boolean;
}

const MARK_ALL: JobKind<Listed, readonly Subject[]> = {
  async run({ stores: { db } }, { filter, includeDeleted }) {
    const rows = await listKeys(db, { ...keyFilterOf(filter, includeDeleted), limit: MAX_MARKS + 1 });
    const found = rows.map(({ id, name }) => ({ id, name }));
    if (found.length <= MAX_MARKS)
      return { ok: true, message: `${String(found.length)} keys are marked.`, result: found };
    return { ok: false, message: `These are more than ${MAX_MARKS.toLocaleString('en')} keys: filter the list first.` };
  },
  take(state, _listed, outcome) {
    const found = outcome.ok ? outcome.result : undefined;
    if (found === undefined) return state;
    return withSlot(state, KEYS, { marked: addMarks(slotOf(state, KEYS).marked, found) });
  },
};

/** The keys that are marked, where the user looks at the list. */
function markedKeys(state: State): readonly Subject[] {
  if (topScreen(state) !== undefined) return [];
  return [...slotOf(state, KEYS).marked].map(([id, name]) => ({ id, name }));
}

/** Opens the form for all that are marked; without marks does `otherwise`. */
export function withMarkedKeys(
  state: State,
  formOf: (keys: readonly Subject[]) => Form,
  otherwise: (state: State) => Step,
): Step {
  const keys = markedKeys(state);
  return keys.length === 0 ? otherwise(state) : [push(state, formScreen(formOf(keys))), []];
}

/** Opens the form for all that are marked, or for the key in view alone. */
export function withKeys(state: State, formOf: (keys: readonly Subject[]) => Form): Step {
  return withMarkedKeys(state, formOf, () => {
    const key = keyInView(state);
    if (key === undefined) return [state, []];
    if (key.status === 'deleted') return withError(state, 'The key was deleted. That is final.');
    return [push(state, formScreen(formOf([{ id: key.id, name: key.name }]))), []];
  });
}

function formOf(
  subjects: readonly Subject[],
  form: Pick<BulkForm, 'verb' | 'fields' | 'values' | 'check' | 'changeOf'> & { readonly isFinal?: true },
): Form {
  return bulkForm({
    ...form,
    subjects,
    what: 'keys',
    unmark: (state, ids) => withSlot(state, KEYS, { marked: dropMarks(slotOf(state, KEYS).marked, ids) }),
  });
}

const checkReasonOf = (values: Values) => ({ reason: checkReason(values) });

/** Opens the form that stops keys, or lets them work again. */
export function activateMany(keys: readonly Subject[], command: 'inactivateKey' | 'activateKey'): Form {
  return formOf(keys, {
    verb: command === 'inactivateKey' ? 'Inactivate' : 'Activate',
    fields: [REASON],
    check: checkReasonOf,
    changeOf: (values) => (key) => ({ command, key, reason: optional(values, 'reason') }),
  });
}

/** Opens the form that deletes keys. */
export function deleteMany(keys: readonly Subject[]): Form {
  return formOf(keys, {
    verb: 'Delete',
    isFinal: true,
    fields: [REASON],
    check: checkReasonOf,
    changeOf: (values) => (key) => ({ command: 'deleteKey', key, reason: optional(values, 'reason') }),
  });
}

const GRANT: Field = {
  name: 'grant',
  label: 'Grant',
  kind: 'text',
  pick: PICK_GRANTS,
  hint: '*, github, github:search_*. Ctrl-G: choose from what there is',
};
const TAG: Field = {
  name: 'tag',
  label: 'Tag',
  kind: 'text',
  hint: 'team=search; it takes the place of another value of team',
};

/** Opens the form that gives keys one more grant, or takes one away. */
export function grantMany(keys: readonly Subject[], what: 'add' | 'remove'): Form {
  return formOf(keys, {
    verb: what === 'add' ? 'Add a grant to' : 'Take a grant from',
    fields: [GRANT, REASON],
    check: (values) => ({
      grant: grantSchema.safeParse((values['grant'] ?? '').trim()).success
        ? undefined
        : 'Write *, github or github:search_*.',
      reason: checkReason(values),
    }),
    changeOf: (values) => (key) => {
      const grants = [(values['grant'] ?? '').trim()];
      const [add, remove] = what === 'add' ? [grants, []] : [[], grants];
      return { command: 'changeGrants', key, add, remove, reason: optional(values, 'reason') };
    },
  });
}

const ROLE: Field = {
  name: 'role',
  label: 'Role',
  kind: 'text',
  pick: PICK_ROLES,
  hint: 'what it gives comes on top. Ctrl-G: choose from what there is',
};
const DIRECTION: Field = { name: 'what', label: 'What', kind: 'choice', options: ['give', 'take away'] };

/** Opens the form that gives keys a role, or takes one away. */
export function roleMany(keys: readonly Subject[]): Form {
  return formOf(keys, {
    verb: 'Change a role of',
    fields: [ROLE, DIRECTION, REASON],
    values: { what: 'give' },
    check: (values) => ({
      role: checkTextOf(roleNameSchema, (values['role'] ?? '').trim()),
      reason: checkReason(values),
    }),
    changeOf: (values) => (key) => {
      const roles = [(values['role'] ?? '').trim()];
      const [add, remove] = values['what'] === 'give' ? [roles, []] : [[], roles];
      return { command: 'changeRoles', key, add, remove, reason: optional(values, 'reason') };
    },
  });
}

/** Opens the form that gives keys a tag. */
export function tagMany(keys: readonly Subject[]): Form {
  return formOf(keys, {
    verb: 'Tag',
    fields: [TAG, REASON],
    check: (values) => ({ tag: checkTextOf(tagSchema, (values['tag'] ?? '').trim()), reason: checkReason(values) }),
    changeOf: (values) => (key) => ({
      command: 'tagKey',
      key,
      tag: (values['tag'] ?? '').trim(),
      reason: optional(values, 'reason'),
    }),
  });
}
