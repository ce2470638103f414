import { jobOf } from '../../frame/startWork.ts';
import { CHANGE } from '../change/runChange.ts';
import { openForm, type Form } from '../form/form.ts';
import { formatTime } from '../../../views/keyView.ts';
import { checkReason, optional, REASON } from '../form/reason.ts';
import type { Compensation } from '../../../../src/administration/compensation.ts';

/** Takes back what an event did by another event: history is never rewritten. */
export function undoForm(compensation: Compensation): Form {
  const { text, overwrites } = compensation;
  const later = overwrites.map(({ type, at }) => `${type} of ${formatTime(at)}`).join(', ');
  return openForm({
    title: 'Undo',
    about: [
      text,
      ...(later === '' ? [] : [`It was changed since, which this takes back, too: ${later}.`]),
      'The history keeps both events.',
    ],
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    working: 'Undoing it',
    submit: (values) => jobOf(CHANGE, { command: 'undo', compensation, reason: optional(values, 'reason') }),
  });
}
