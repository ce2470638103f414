import type { JobKind } from '../../frame/model.ts';
import { formScreen } from '../form/formScreen.ts';
import { compensationOf } from '../../../../src/administration/compensation.ts';
import { readHistory } from './readHistory.ts';
import { undoForm } from './undoForm.ts';

/** An event in the history of a key or a server. */
export interface EventInHistory {
  readonly stream: string;
  readonly position: string;
}

/** Reads the history of an event that is seen elsewhere, and opens the form that takes the event back. */
export const UNDO_EVENT: JobKind<EventInHistory> = {
  async run({ stores }, { stream, position }) {
    const rows = await readHistory(stores, stream);
    const compensation = compensationOf(
      rows,
      rows.findIndex((row) => row.position === position),
    );
    if ('refusal' in compensation) return { ok: false, message: compensation.refusal };
    return { ok: true, message: '', opens: formScreen(undoForm(compensation)) };
  },
};
