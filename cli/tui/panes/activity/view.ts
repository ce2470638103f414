import { escape } from '../../../../src/escape.ts';
import { shortId } from '../../../../src/shortId.ts';
import type { Cell } from '../../../output/table.ts';
import { truncate } from '../../../output/width.ts';
import type { State } from '../../frame/model.ts';
import { slotOf, titledListHeight } from '../../frame/state.ts';
import { ACTIVITY, keyOf, shownIn, toldOf, type ActivityState } from './state.ts';
import type { ShownEvent } from './shownEvents.ts';
import { spokenType } from '../../frame/text/spoken.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { twins } from '../../frame/text/twins.ts';
import { keyTitleOf } from '../../../views/keyView.ts';
import { rowLines } from '../../frame/lists/rows.ts';
import { wrap } from '../../frame/text/wrap.ts';

const COLUMNS = [
  { title: 'TIME (UTC)' },
  { title: 'WHAT', min: 14 },
  { title: 'SERVER', min: 8, drop: 2 },
  { title: 'KEY', min: 10, drop: 3 },
  { title: 'DETAIL', min: 10, drop: 1 },
];
const TYPICAL = ['12:00:00', 'n'.repeat(20), 's'.repeat(10), 'k'.repeat(18), ''];

/** Writes what has happened. */
export function activityLines(state: State, paint: TuiPaint): string[] {
  const activity = slotOf(state, ACTIVITY);
  const { source, at, top, filter, held } = activity;
  const events = shownIn(activity);
  const { columns } = state.size;
  const title = {
    gateway: 'Live from the gateway: calls and changes',
    database: 'No gateway answers: changes only, from the database',
  };
  const head = source === undefined ? 'Connecting …' : title[source];
  const line =
    held === undefined
      ? paint('bold', truncate(head, columns))
      : paint('bold', truncate(`Paused; since then ${held.length.toLocaleString('en')} more. p goes on`, columns));
  if (events.length === 0) {
    const nothing =
      filter === ''
        ? 'Nothing has happened yet. Calls and changes appear here as they come.'
        : `Nothing has “${escape(filter)}”. Esc shows all.`;
    return [line, ...wrap(nothing, columns)];
  }
  const shown = events.slice(top, top + titledListHeight(state));
  const several = twins(activity.names.values());
  const cells = shown.map((event) => cellsOf(event, activity, several));
  const place = `${at + 1} of ${events.length}`;
  const aside = filter === '' ? place : `${place} with “${escape(filter)}”`;
  return [
    line,
    ...rowLines(
      {
        columns: COLUMNS,
        cells,
        chosen: at - top,
        part: { top, total: events.length },
        aside,
        width: columns,
        typical: TYPICAL,
      },
      paint,
    ),
  ];
}

function cellsOf(event: ShownEvent, activity: ActivityState, several: ReadonlySet<string>): Cell[] {
  const told = toldOf(activity, event);
  const server = 'server' in event ? (event.server ?? '') : '';
  const key = keyOf(event) ?? '';
  const { names } = activity;
  const name = names.get(key);
  return [
    { text: event.at.slice(11, 19) },
    told === undefined ? typeCell(event) : { text: changeText(event, told.event), style: 'bold' },
    { text: escape(server) },
    { text: name !== undefined && several.has(name) ? keyTitleOf(key, names) : escape(name ?? shortId(key)) },
    { text: escape(told === undefined ? detailOf(event) : `by ${told.actor}`) },
  ];
}

function typeCell(event: ShownEvent): Cell {
  switch (event.type) {
    case 'mcp_tool_executed':
      return callCell(event.data.tool, event.data.error);
    case 'mcp_message':
      return callCell(event.data.method, event.data.error);
    case 'mcp_server_started':
      return { text: 'server answers', style: 'green' };
    case 'mcp_server_stopped':
      return { text: 'server stopped', style: 'yellow' };
    case 'mcp_server_circuit':
      return { text: `circuit ${event.data.state}`, style: event.data.state === 'closed' ? 'green' : 'yellow' };
    case 'mcp_server_process':
      return { text: `program ${event.data.status}`, style: event.data.reason === undefined ? 'green' : 'yellow' };
    case 'mcp_server_log':
      return { text: 'program prints', style: 'dim' };
    case 'former_change':
      return { text: changeText(event, event.data.event), style: 'dim' };
    case 'key_changed':
      return { text: event.data.created === true ? 'key created' : 'key changed', style: 'bold' };
    case 'key_expires':
      return { text: 'key expires', style: 'yellow' };
    case 'key_refused':
      return { text: 'key refused', style: 'red' };
    case 'role_changed':
      return { text: `role ${escape(event.role)} changed`, style: 'bold' };
    case 'server_changed':
      return { text: 'server changed', style: 'bold' };
    case 'error':
      return { text: 'error', style: 'red' };
    case 'gap':
      return { text: 'events missing', style: 'yellow' };
    case 'system_health':
    case 'heartbeat':
      return { text: event.type, style: 'dim' };
  }
}

/** That a call has failed is seen without colours, too. */
function callCell(name: string, error: string | undefined): Cell {
  return error === undefined ? { text: escape(name) } : { text: `✗ ${escape(name)}`, style: 'red' };
}

/** A role has no column of its own. */
function changeText(event: ShownEvent, type: string): string {
  const text = spokenType(type);
  const role = 'role' in event ? event.role : undefined;
  return role === undefined ? text : text.replace(/^role/, () => `role ${escape(role)}`);
}

function detailOf(event: ShownEvent): string {
  switch (event.type) {
    case 'mcp_tool_executed':
    case 'mcp_message': {
      const { outcome, duration_ms: ms, bytes_out: bytes } = event.data;
      return `${outcome}, ${Math.round(ms)} ms, ${bytes.toLocaleString('en')} bytes`;
    }
    case 'mcp_server_started':
    case 'mcp_server_stopped':
      return event.data.reason;
    case 'mcp_server_circuit':
    case 'mcp_server_process':
      return event.data.reason ?? '';
    case 'mcp_server_log':
      return event.data.text;
    case 'error':
      return [event.data.code, event.data.tool].filter((part) => part !== undefined).join(', ');
    case 'gap':
      return event.data.reason;
    case 'key_expires':
      return `${event.data.days === 1 ? 'within a day' : `within ${event.data.days} days`}, at ${event.data.expires_at}`;
    case 'key_refused':
      return `${event.data.reason}, from ${event.data.address}`;
    case 'former_change':
      return `by ${event.data.actor}`;
    case 'key_changed':
    case 'role_changed':
    case 'server_changed':
    case 'system_health':
    case 'heartbeat':
      return '';
  }
}
