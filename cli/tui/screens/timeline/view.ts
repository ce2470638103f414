import { z } from 'zod';
import { subjectOf } from '../../../../src/events/streamName.ts';
import { changesOf, formatChanges, formatValues, shownOf } from '../../../views/auditView.ts';
import { catalogueFields } from '../../../views/catalogueView.ts';
import type { Field } from '../../../output/record.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { escape } from '../../../../src/escape.ts';
import { actorTitle, formatTime, keyFields, NO_NAMES } from '../../../views/keyView.ts';
import { pad, truncate } from '../../../output/width.ts';
import { serverFields } from '../../../views/serverView.ts';
import type { State } from '../../frame/model.ts';
import { bodyHeight } from '../../frame/state.ts';
import { roleFields } from '../../../views/roleView.ts';
import { eventAt, spanOf, type Timeline } from './timeline.ts';
import type { TuiPaint } from '../../frame/text/style.ts';

/** Writes a history: the slider, the events around the moment, and what there was then. */
export function timelineLines(timeline: Timeline, state: State, paint: TuiPaint): string[] {
  const { rows, atMs, stream } = timeline;
  const { columns } = state.size;
  const height = bodyHeight(state);
  const when = atMs === undefined ? 'now' : formatTime(new Date(atMs));
  const title = paint('bold', truncate(`As of ${when}: ${nameOf(rows, stream)}`, columns));
  if (rows === undefined) return [title, paint('dim', 'Reading it …')];
  const room = Math.max(2, Math.min(rows.length, Math.floor((height - 4) / 3)));
  return [
    title,
    slider(timeline, state, paint),
    ...events(timeline, room, columns, paint),
    ...changed(timeline, columns, paint),
    '',
    paint('bold', atMs === undefined ? 'As it is now' : 'As it was then'),
    ...stateLines(timeline, state, paint),
  ];
}

/** A key by its first name; a server’s name is in the stream’s. */
function nameOf(rows: Timeline['rows'], stream: string): string {
  const name = named.safeParse(rows?.[0]?.data).data?.name;
  const subject = subjectOf(stream);
  if (subject !== undefined && 'role' in subject) return `the role ${escape(subject.role)}`;
  if (subject === undefined || 'server' in subject) return `the server ${escape(subject?.server ?? stream)}`;
  return name === undefined ? `the key ${escape(subject.key)}` : `the key ${escape(name)}`;
}

const named = z.object({ name: z.string() });

/** From the first event to now: events as dots, the moment as a block. */
function slider(timeline: Timeline, { size, nowMs }: State, paint: TuiPaint): string {
  const width = Math.max(4, size.columns - 6);
  const { fromMs, toMs } = spanOf(timeline, nowMs);
  const place = (ms: number) =>
    Math.min(width - 1, Math.max(0, Math.round(((ms - fromMs) / (toMs - fromMs)) * (width - 1))));
  const marks = Array.from({ length: width }, () => '─');
  for (const { at } of timeline.rows ?? []) marks[place(at.getTime())] = '●';
  const here = place(timeline.atMs ?? toMs);
  return ` ├${marks.slice(0, here).join('')}${paint('cyan', '█')}${marks.slice(here + 1).join('')}┤`;
}

/** The newest first; the one that the moment has reached is marked, those to come are dim. */
function events(timeline: Timeline, room: number, columns: number, paint: TuiPaint): string[] {
  const { rows = [], names = NO_NAMES } = timeline;
  const here = eventAt(timeline);
  const changes = changesOf(rows);
  const lines = rows.map((row, at) => {
    const { reason } = shownOf(row);
    const more = [formatChanges(changes[at] ?? [], names), reason === undefined ? '' : `because: ${escape(reason)}`];
    const what = row.type.replace(/^(ApiKey|KeyRole|McpServer)/, '');
    const parts = [`${formatTime(row.at)}  ${what} by ${actorTitle(row.actor, names)}`, ...more].filter(
      (part) => part !== '',
    );
    const text = truncate(`${at === here ? '›' : ' '} ${parts.join('; ')}`, columns);
    return at === here ? paint('inverse', pad(text, columns)) : at > here ? paint('dim', text) : text;
  });
  const newest = lines.toReversed();
  const place = here === -1 ? newest.length - 1 : lines.length - 1 - here;
  const first = Math.max(0, Math.min(place - Math.floor(room / 2), newest.length - room));
  return newest.slice(first, first + room);
}

/** What the event at the moment changed: more than its line has room for. */
function changed(timeline: Timeline, columns: number, paint: TuiPaint): string[] {
  const fields = (changesOf(timeline.rows ?? [])[eventAt(timeline)] ?? []).map((change): Field => [
    escape(change.what),
    formatValues(change, timeline.names),
  ]);
  return fields.length === 0 ? [] : ['', paint('bold', 'What it changed'), ...recordLines(fields, { columns }, paint)];
}

function stateLines({ stateAt: found, atMs, names }: Timeline, state: State, paint: TuiPaint): string[] {
  const reader = { columns: state.size.columns, programName: state.programName };
  if (found === undefined) return [paint('dim', '…')];
  if ('nothing' in found) return wrap(found.nothing, reader.columns);
  if ('role' in found) return recordLines(roleFields(found.role), reader, paint);
  if ('key' in found) return recordLines(keyFields(found.key, atMs ?? state.nowMs, undefined, names), reader, paint);
  const fields = [...catalogueFields(found.offered), ...serverFields(found.server, { headers: [], env: [] })];
  return recordLines(fields, reader, paint);
}
