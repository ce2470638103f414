import { escape } from '../../../../src/escape.ts';
import { truncate } from '../../../output/width.ts';
import { rowLines } from '../../frame/lists/rows.ts';
import type { State } from '../../frame/model.ts';
import { titledListHeight } from '../../frame/state.ts';
import { markedLines, MARKS } from '../../frame/text/marked.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { itemsOf, type ShownCatalogue } from './catalogue.ts';

const COLUMNS = [{ title: 'KIND' }, { title: 'NAME', min: 16 }, { title: 'WHAT IT IS', min: 12, drop: 1 }];

/** Writes what a server offers. */
export function catalogueLines(shown: ShownCatalogue, state: State, paint: TuiPaint): string[] {
  const { server, catalogue, error, cursor } = shown;
  const { columns } = state.size;
  const title = paint('bold', truncate(`What ${server} offers`, columns));
  if (error !== undefined) {
    const help = 'Is it running, and is its address right? e edits the server.';
    return [
      title,
      '',
      ...markedLines(wrap(`error: ${error}`, columns), MARKS.error, paint),
      '',
      ...wrap(help, columns),
    ];
  }
  if (catalogue === undefined) return [title, '', paint('dim', 'Reading it … Esc cancels.')];
  const items = itemsOf(catalogue);
  if (items.length === 0) return [title, '', 'It offers nothing.'];
  const rows = items.slice(cursor.top, cursor.top + titledListHeight(state));
  const cells = rows.map(({ kind, name, about }) => [
    { text: kind },
    { text: escape(name) },
    { text: escape(about.split('\n')[0] ?? '') },
  ]);
  const aside = `${cursor.at + 1} of ${items.length}`;
  const part = { top: cursor.top, total: items.length };
  const chosen = cursor.at - cursor.top;
  return [title, ...rowLines({ columns: COLUMNS, cells, chosen, part, aside, width: columns }, paint)];
}
