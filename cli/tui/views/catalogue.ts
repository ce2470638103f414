import { wrap } from '../content/wrap.ts';
import { escape } from '../../escape.ts';
import { truncate } from '../../output/width.ts';
import { itemsOf } from '../state/catalogueItems.ts';
import type { ScreenOf } from '../state/screen.ts';
import { listHeight, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { rowLines } from './rows.ts';

const COLUMNS = [{ title: 'KIND' }, { title: 'NAME', min: 16 }, { title: 'WHAT IT IS', min: 12, drop: 1 }];

/** Writes what a server offers. */
export function catalogueLines(screen: ScreenOf<'catalogue'>, state: State, paint: TuiPaint): string[] {
  const { server, catalogue, error, cursor } = screen;
  const { columns } = state.size;
  const title = paint('bold', truncate(`What ${server} offers`, columns));
  if (error !== undefined) {
    const help = 'Is it running, and is its address right? e edits the server.';
    return [
      title,
      '',
      ...wrap(`error: ${error}`, columns).map((text) => paint('red', text)),
      '',
      ...wrap(help, columns),
    ];
  }
  if (catalogue === undefined) return [title, '', paint('dim', 'Reading it … Esc cancels.')];
  const items = itemsOf(catalogue);
  if (items.length === 0) return [title, '', 'It offers nothing.'];
  const shown = items.slice(cursor.top, cursor.top + Math.max(1, listHeight(state) - 1));
  const cells = shown.map(({ kind, name, about }) => [
    { text: kind },
    { text: escape(name) },
    { text: escape(about.split('\n')[0] ?? '') },
  ]);
  const aside = `${cursor.at + 1} of ${items.length}`;
  return [
    title,
    ...rowLines({ columns: COLUMNS, cells, chosen: cursor.at - cursor.top, aside, width: columns }, paint),
  ];
}
