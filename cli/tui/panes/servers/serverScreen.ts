import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { formatTime } from '../../../views/keyView.ts';
import { processesField } from '../../../views/processesView.ts';
import { conditionFields } from '../../../views/serverHealthView.ts';
import { credentialFields, serverFields } from '../../../views/serverView.ts';
import type { Effect, ScreenKind, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { showsDetail } from '../../frame/detail.ts';
import { push, readFrom, screen, slotOf, withSlot } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import { markedLines, MARKS } from '../../frame/text/marked.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { describeFindings } from './findings.ts';
import { PROGRAMS } from './programs.ts';
import { readServers } from './reduce.ts';
import { SERVER_CONDITION, SERVER_CREDENTIALS } from './read.ts';
import { SERVER_SHORTCUTS } from './shortcuts.ts';
import { SERVER, serverInView, SERVERS } from './state.ts';

const SERVER_KIND: ScreenKind<ServerOnScreen> = {
  ...SERVER,
  title: 'A server',
  scrolls: true,
  shortcuts: [...SERVER_SHORTCUTS, BACK],
  lines: serverLines,
  commands: ({ name }) => [['servers', 'show', name]],
  subject: ({ name }) => name,
  readAgain: readsOf,
};

/** Shows the server under the cursor. */
export function openServer(state: State): Step {
  const row = serverInView(state);
  if (row === undefined) return [state, []];
  return [push(state, screen(SERVER_KIND, row)), readsOf(row)];
}

/** Writes the server under the cursor of the list. */
export function serverBesideList(state: State, paint: TuiPaint): readonly string[] {
  const row = serverInView(state);
  return row === undefined ? [] : serverLines(row, state, paint);
}

/** Reads the list, and what stands beside it once the cursor has come to another server. */
export function readServersAndDetail(state: State): Step {
  const [next, reads] = readServers(state);
  const row = showsDetail(next) ? serverInView(next) : undefined;
  if (row === undefined || row.name === slotOf(next, SERVERS).asked) return [next, reads];
  return [withSlot(next, SERVERS, { asked: row.name }), [...reads, ...readsOf(row)]];
}

/** Asks for what the list does not know. */
function readsOf(server: ServerOnScreen): readonly Effect[] {
  const about = [readFrom(SERVER_CREDENTIALS, { server }), readFrom(SERVER_CONDITION, { server })];
  return server.transport === 'stdio' ? [...about, readFrom(PROGRAMS, server.name)] : about;
}

/** Writes a server's fields and what its last test has found out. */
function serverLines(row: ServerOnScreen, state: State, paint: TuiPaint): string[] {
  const { size, programName } = state;
  const found = slotOf(state, SERVERS).findings.get(row.name);
  const tested =
    found === undefined
      ? [paint('dim', 'Not tested yet: t tests it.')]
      : markedLines(
          wrap(`Tested ${formatTime(new Date(found.atMs))}: ${describeFindings(found)}`, size.columns),
          found.ok ? MARKS.good : MARKS.bad,
          paint,
        );
  const printed =
    found?.ok === false
      ? found.printed.flatMap((line) => wrap(line, size.columns)).map((line) => paint('dim', line))
      : [];
  const { credentials, conditions, programs } = slotOf(state, SERVERS);
  const condition = conditions.get(row.name);
  const fields = [
    ...serverFields({ ...row, sealed: null }, { headers: [], env: [] }),
    ...credentialFields(credentials.get(row.name) ?? []),
    ...(programs.has(row.name) ? [processesField(programs.get(row.name))] : []),
    ...(condition === undefined ? [] : conditionFields(row, condition, 'p shows and approves them.')),
  ];
  return [...recordLines(fields, { columns: size.columns, programName }, paint), '', ...tested, ...printed];
}
