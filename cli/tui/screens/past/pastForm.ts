import { AppError } from '../../../../src/errors/appError.ts';
import { parseMoment } from '../../../input/moment.ts';
import type { State, Step } from '../../frame/model.ts';
import { jobOf } from '../../frame/startWork.ts';
import { push } from '../../frame/state.ts';
import { openForm } from '../form/form.ts';
import { formScreen } from '../form/formScreen.ts';
import { READ_PAST } from './readPast.ts';

/** Asks for a moment, to show keys, servers and roles as they were then. */
export function askForMoment(state: State): Step {
  const shown = state.pane === 'servers' || state.pane === 'roles' ? state.pane : 'keys';
  const form = openForm(
    {
      title: 'Look at the past',
      about: ['Keys, servers and roles as they were at a moment, from their events. Nothing can be changed there.'],
      fields: [
        { name: 'time', label: 'When', kind: 'text', hint: '2h ago, 30d ago, 2026-01-31, 2026-01-31T09:00:00Z' },
      ],
      check: ({ time = '' }, nowMs) => ({ time: complaintOf(time, nowMs) }),
      working: 'Reading the history',
      submit: ({ time = '' }, nowMs) => jobOf(READ_PAST, { atMs: parseMoment(time, nowMs), shown }),
    },
    { time: '1h ago' },
  );
  return [push(state, formScreen(form)), []];
}

function complaintOf(time: string, nowMs: number): string | undefined {
  try {
    parseMoment(time, nowMs);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
