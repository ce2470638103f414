import type { Compensation } from '../state/compensation.ts';
import { openForm, type Form } from '../state/form.ts';
import { checkReason, optional, REASON } from './reason.ts';

/** Opens the form that takes back what an event did: by another event, for history is never rewritten. */
export function undoForm({ says, command }: Compensation): Form {
  return openForm({
    title: 'Undo',
    about: [says, 'The history keeps both events.'],
    fields: [REASON],
    check: (values) => ({ reason: checkReason(values) }),
    working: 'Undoing it',
    submit: (values) => ({ effect: 'run', command: command(optional(values, 'reason')) }),
  });
}
