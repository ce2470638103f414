import { jobOf } from '../../frame/startWork.ts';
import { CHANGE } from '../change/runChange.ts';
import { openForm, type Form } from '../form/form.ts';
import { checkReason, optional, REASON } from '../form/reason.ts';
import type { Compensation } from './compensation.ts';

/** Takes back what an event did by another event: history is never rewritten. */
export function undoForm({ text, change }: Compensation): Form {
  return openForm({
    title: 'Undo',
    about: [text, 'The history keeps both events.'],
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    working: 'Undoing it',
    submit: (values) => jobOf(CHANGE, change(optional(values, 'reason'))),
  });
}
