import { dropMarks, NO_MARKS, toggleMark } from '../../frame/lists/marks.ts';
import { rowAtCursor } from '../../frame/lists/window.ts';
import type { State, Step } from '../../frame/model.ts';
import { TARGETS } from '../../frame/move.ts';
import { push, slotOf, topScreen, withSlot } from '../../frame/state.ts';
import type { Subject } from '../../screens/bulk/bulk.ts';
import { bulkForm } from '../../screens/bulk/bulkForm.ts';
import type { Form } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { checkReason, optional, REASON } from '../../screens/form/reason.ts';
import { moveInServers } from './reduce.ts';
import { SERVERS } from './state.ts';

/** Marks the server under the cursor, or takes its mark away, and goes on to the next. */
export function markServer(state: State): Step {
  const { list, marked } = slotOf(state, SERVERS);
  const row = rowAtCursor(list);
  if (row === undefined) return [state, []];
  const next = toggleMark(marked, { id: row.name, name: row.name });
  return [moveInServers(withSlot(state, SERVERS, { marked: next }), TARGETS.down), []];
}

/** Takes all marks away. */
export function unmarkServers(state: State): Step {
  return [withSlot(state, SERVERS, { marked: NO_MARKS }), []];
}

/** Opens the form for all that are marked; without marks does `otherwise`. */
export function withMarkedServers(
  state: State,
  command: 'enableServer' | 'disableServer' | 'removeServer',
  otherwise: (state: State) => Step,
): Step {
  const { marked } = slotOf(state, SERVERS);
  if (topScreen(state) !== undefined || marked.size === 0) return otherwise(state);
  const servers = [...marked].map(([id, name]) => ({ id, name }));
  return [push(state, formScreen(changeMany(servers, command))), []];
}

const VERBS = { enableServer: 'Enable', disableServer: 'Disable', removeServer: 'Remove for good' } as const;

function changeMany(subjects: readonly Subject[], command: keyof typeof VERBS): Form {
  return bulkForm({
    verb: VERBS[command],
    what: 'servers',
    subjects,
    ...(command === 'removeServer' && { isFinal: true }),
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    changeOf:
      (values) =>
      ({ name }) => ({ command, name, reason: optional(values, 'reason') }),
    unmark: (state, ids) => withSlot(state, SERVERS, { marked: dropMarks(slotOf(state, SERVERS).marked, ids) }),
  });
}
