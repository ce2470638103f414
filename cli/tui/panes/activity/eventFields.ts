import { escape } from '../../../../src/escape.ts';
import type { Field } from '../../../output/record.ts';
import { actorTitle, formatTime, keyTitleOf, type KeyNames } from '../../../views/keyView.ts';
import { spokenType } from '../../frame/text/spoken.ts';
import type { ShownEvent } from './shownEvents.ts';
import { keyOf, serverOf, toldOf, type ActivityState } from './state.ts';

/** Shows all that is known of an event. */
export function eventFields(event: ShownEvent, activity: Pick<ActivityState, 'names' | 'told'>): Field[] {
  const { names } = activity;
  const told = toldOf(activity, event);
  const key = keyOf(event);
  const server = serverOf(event);
  return [
    ['When', formatTime(new Date(event.at))],
    ['What', told === undefined ? whatOf(event) : spokenType(told.event)],
    ['By', told === undefined ? undefined : actorTitle(told.actor, names)],
    ...dataFields(event, names),
    ['Server', server === undefined ? undefined : escape(server)],
    ['Key', key === undefined ? undefined : keyTitleOf(key, names)],
    ['ID', escape(event.id)],
  ];
}

/** As the list says it. */
function whatOf(event: ShownEvent): string {
  if (event.type === 'former_change') return spokenType(event.data.event);
  if (event.type === 'key_changed' && event.data.created === true) return 'key created';
  return event.type.replace(/^mcp_/, '').replaceAll('_', ' ');
}

function dataFields(event: ShownEvent, names: KeyNames): Field[] {
  if (event.type === 'former_change') {
    return [['By', actorTitle(event.data.actor, names)]];
  }
  if (event.type === 'mcp_tool_executed' || event.type === 'mcp_message') {
    const { outcome, error, status, duration_ms: ms, bytes_in: bytesIn, bytes_out: bytesOut } = event.data;
    return [
      'tool' in event.data ? ['Tool', escape(event.data.tool)] : ['Method', escape(event.data.method)],
      ['Outcome', escape(outcome)],
      ['Failure', error],
      ['HTTP status', status === 0 ? 'none: the client had left' : String(status)],
      ['Duration', `${ms.toFixed(1)} ms`],
      ['Bytes in', bytesIn.toLocaleString('en')],
      ['Bytes out', bytesOut.toLocaleString('en')],
    ];
  }
  // The stream is that of the key, role or server, which has its own field; what was created is said.
  return Object.entries(event.data).flatMap(([name, value]): Field[] =>
    value === undefined || name === 'stream' || name === 'created'
      ? []
      : [[labelOf(name), escape(typeof value === 'string' ? value : JSON.stringify(value))]],
  );
}

function labelOf(name: string): string {
  const words = escape(name.replaceAll('_', ' '));
  return words.charAt(0).toUpperCase() + words.slice(1);
}
