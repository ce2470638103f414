import { escape } from '../../../../src/escape.ts';
import { changesOf, formatChanges, shownOf } from '../../../views/auditView.ts';
import { actorTitle, formatTime, keyFields, NO_NAMES } from '../../../views/keyView.ts';
import type { ScreenKind, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { push, readFrom, screen, slotOf } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { ONE_KEY } from './read.ts';
import { KEY_SHORTCUTS } from './shortcuts.ts';
import { KEY, keyInView, KEYS, type ShownKey } from './state.ts';

const KEY_KIND: ScreenKind<ShownKey> = {
  ...KEY,
  title: 'A key',
  scrolls: true,
  shortcuts: [...KEY_SHORTCUTS, BACK],
  lines: keyLines,
  readAgain: ({ row: { id } }) => [readFrom(ONE_KEY, { id })],
};

/** Shows the key under the cursor. */
export function openKey(state: State): Step {
  const row = keyInView(state);
  if (row === undefined) return [state, []];
  const { id } = row;
  return [push(state, screen(KEY_KIND, { row, history: undefined })), [readFrom(ONE_KEY, { id })]];
}

/** Writes the key under the cursor of the list. */
export function keyBesideList(state: State, paint: TuiPaint): readonly string[] {
  const { detail } = slotOf(state, KEYS);
  const row = keyInView(state);
  if (row === undefined) return [];
  return keyLines(detail?.row.id === row.id ? { ...detail, row } : { row, history: undefined }, state, paint);
}

/** Writes a key's fields and what happened to it, the newest first. */
function keyLines(shown: ShownKey, { size, nowMs, programName }: State, paint: TuiPaint): string[] {
  const { row, history, faults, names = NO_NAMES } = shown;
  const { columns } = size;
  const record = recordLines(keyFields(row, nowMs, faults, names), { columns, programName }, paint);
  if (history === undefined) return [...record, '', paint('dim', 'Reading its history …')];
  const changes = changesOf(history);
  const events = history.map((event, at) => {
    const what = event.type.replace(/^ApiKey/, '');
    const { reason } = shownOf(event);
    const more = [formatChanges(changes[at] ?? [], names), reason === undefined ? '' : `because: ${escape(reason)}`];
    return [
      ...wrap(`${formatTime(event.at)}  ${what} by ${actorTitle(event.actor, names)}`, columns, '  '),
      ...more.filter((each) => each !== '').flatMap((each) => wrap(each, columns - 2).map((line) => `  ${line}`)),
    ];
  });
  return [...record, '', paint('bold', 'History, the newest first'), ...events.reverse().flat()];
}
