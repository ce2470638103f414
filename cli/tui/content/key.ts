import { changesOf, formatChanges, shownOf } from '../../auditView.ts';
import { escape } from '../../escape.ts';
import { formatTime, keyFields } from '../../keyView.ts';
import type { ScreenOf } from '../state/screen.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { recordLines } from './record.ts';
import { wrap } from './wrap.ts';

/** Writes a key's fields and what happened to it, the newest first. */
export function keyLines({ row, history }: ScreenOf<'key'>, { size, nowMs }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const record = recordLines(keyFields({ ...row, sealed: null }, nowMs), columns, paint);
  if (history === undefined) return [...record, '', paint('dim', 'Reading its history …')];
  const changes = changesOf(history);
  const events = history.map((event, at) => {
    const what = event.type.replace(/^ApiKey/, '');
    const { reason } = shownOf(event);
    const more = [formatChanges(changes[at] ?? []), reason === undefined ? '' : `because: ${escape(reason)}`];
    return [
      ...wrap(`${formatTime(event.at)}  ${what} by ${escape(event.actor)}`, columns, '  '),
      ...more.filter((each) => each !== '').flatMap((each) => wrap(each, columns - 2).map((line) => `  ${line}`)),
    ];
  });
  return [...record, '', paint('bold', 'History, the newest first'), ...events.reverse().flat()];
}
