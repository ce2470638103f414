import { NotFound, Refused } from '../../../src/errors/appError.ts';
import { decidingStream } from '../../../src/events/subjectStream.ts';
import { compensationOf, type Compensation } from '../../../src/administration/compensation.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import {
  findEventsByIdEnd,
  listEventsOfCommand,
  listTrail,
  type AuditEventRow,
} from '../../../src/projections/tables/auditEvents.ts';
import { shortId } from '../../../src/shortId.ts';
import { misuse } from '../../input/misuse.ts';
import { readWholeHistory } from '../../stores/pages.ts';
import { formatTime } from '../../views/keyView.ts';

/** Events that one undo takes back at most: all of them are in memory. */
const MAX_EVENTS = 10_000;

/** Digits of an id that mean an event at least. */
const MIN_DIGITS = 4;

/** An event, and what takes it back. */
export interface EventToUndo {
  readonly event: AuditEventRow;
  readonly compensation: Compensation | undefined;
  /** Why nothing takes it back. */
  readonly refusal: Refused | undefined;
}

/** Finds the event that was typed, or those of the last command of an actor, the newest first. @throws NotFound `event-not-found`; Refused */
export async function findEvents(db: Queryable, typed: string | undefined, actor: string): Promise<AuditEventRow[]> {
  if (typed !== undefined) return [await findEvent(db, typed)];
  const [last] = await listTrail(db, { actor, order: 'desc', limit: 1 });
  if (last === undefined) {
    throw new NotFound('event-not-found', `Nothing was changed by ${actor}. Name an event: metamcp-cli audit tail`);
  }
  const events = await listEventsOfCommand(db, last, MAX_EVENTS + 1);
  if (events.length <= MAX_EVENTS) return events;
  throw new Refused('too-many-events', `Your last command has made more than ${MAX_EVENTS} changes.`);
}

async function findEvent(db: Queryable, typed: string): Promise<AuditEventRow> {
  const digits = typed.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{1,32}$/.test(digits) || digits.length < MIN_DIGITS) {
    throw misuse('An event is named by its id, or by the last digits of it, as metamcp-cli audit tail shows them.');
  }
  const [event, another] = await findEventsByIdEnd(db, digits, 2);
  if (event === undefined) throw new NotFound('event-not-found', 'There is no such event. See: metamcp-cli audit tail');
  if (another === undefined) return event;
  throw new Refused('event-ambiguous', 'The ids of several events end so: take more digits of it.');
}

/** Finds what takes an event back. @param overwrite takes back what was changed since, too @throws Unavailable */
export async function toUndo(db: Queryable, event: AuditEventRow, overwrite: boolean): Promise<EventToUndo> {
  const history = await readWholeHistory(db, decidingStream(event.stream));
  const compensation = compensationOf(
    history,
    history.findIndex(({ position }) => position === event.position),
  );
  if ('refusal' in compensation) {
    return { event, compensation: undefined, refusal: new Refused('undo-impossible', compensation.refusal) };
  }
  const { overwrites } = compensation;
  if (overwrites.length === 0 || overwrite) return { event, compensation, refusal: undefined };
  return { event, compensation: undefined, refusal: inTheWay(overwrites) };
}

function inTheWay(later: readonly AuditEventRow[]): Refused {
  const shown = later
    .slice(-3)
    .map(({ id, type, at, actor }) => `${type} ${shortId(id)} by ${actor}, ${formatTime(at)}`);
  const more = later.length > shown.length ? `${later.length - shown.length} more, ` : '';
  return new Refused(
    'undo-overwrites',
    `It was changed again since, which would be lost: ${more}${shown.join('; ')}. To take that back, too: --overwrite`,
    { data: { events: later.map(({ id }) => id) } },
  );
}
