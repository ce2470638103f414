import { serverFields } from '../../serverView.ts';
import type { ScreenOf } from '../state/screen.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { describeFindings } from './findings.ts';
import { recordLines } from './record.ts';
import { wrap } from './wrap.ts';
import { formatTime } from '../../keyView.ts';

/** Writes a server's fields and what its last test has found out. */
export function serverLines({ row }: ScreenOf<'server'>, { size, findings }: State, paint: TuiPaint): string[] {
  const found = findings.get(row.name);
  const tested =
    found === undefined
      ? [paint('dim', 'Not tested yet: t tests it.')]
      : wrap(`Tested ${formatTime(new Date(found.atMs))}: ${describeFindings(found)}`, size.columns).map((text) =>
          paint(found.ok ? 'green' : 'red', text),
        );
  const fields = serverFields({ ...row, sealed: null }, { headers: [], env: [] });
  return [...recordLines(fields, size.columns, paint), '', ...tested];
}
