import type { Administration } from '../../../../src/administration/administration.ts';
import { compensationOf, type Compensation } from '../../../../src/administration/compensation.ts';
import { Refused } from '../../../../src/errors/appError.ts';
import { decidingStream } from '../../../../src/events/subjectStream.ts';
import { listEventsOfCommand, type AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { Stores } from '../../../../src/stores/stores.ts';
import { namesInHistory } from '../../../stores/namesInHistory.ts';
import { trailSubject } from '../../../views/auditView.ts';
import { spokenType } from '../../frame/text/spoken.ts';
import type { JobKind } from '../../frame/model.ts';
import { bulkForm } from '../bulk/bulkForm.ts';
import { formScreen } from '../form/formScreen.ts';
import { checkReason, optional, REASON } from '../form/reason.ts';
import { readHistory } from './readHistory.ts';
import { UNDO_EVENT } from './undoEvent.ts';

/** Events that are taken back at once, at most. */
const MAX_EVENTS = 1_000;
/** Above every position: also what the command did after the event. */
const END = '9223372036854775807';

/** Finds what one command did along with an event, and opens the form that takes all of it back. */
export const UNDO_COMMAND: JobKind<Pick<AuditEventRow, 'actor' | 'correlationId'>> = {
  async run(tools, { actor, correlationId }, options) {
    const { stores } = tools;
    const events = await listEventsOfCommand(stores.db, { actor, correlationId, position: END }, MAX_EVENTS + 1);
    if (events.length > MAX_EVENTS) {
      return {
        ok: false,
        message: `These are more than ${MAX_EVENTS.toLocaleString('en')} events: metamcp-cli undo takes them back.`,
      };
    }
    const [only, ...others] = events;
    if (only === undefined) return { ok: false, message: 'There is no event here.' };
    // Alone, it is shown with what was changed since.
    if (others.length === 0) {
      return UNDO_EVENT.run(tools, { stream: decidingStream(only.stream), position: only.position }, options);
    }
    const compensations = new Map<string, Compensation>();
    const revisions: Revisions = new WeakMap();
    for (const event of events) {
      const compensation = await compensationAmongOthers(stores, event);
      compensations.set(event.id, following(compensation, decidingStream(event.stream), revisions));
    }
    const names = await namesInHistory(stores.db, events);
    const form = bulkForm({
      verb: 'Undo',
      what: 'events',
      subjects: events.map((event) => ({
        id: event.id,
        name: `${trailSubject(event, names)}: ${spokenType(event.type)}`,
      })),
      fields: [REASON],
      check: (values) => ({ reason: checkReason(values) }),
      changeOf: (values) => (event) => ({
        command: 'undo',
        compensation: compensations.get(event.id) ?? refused(event.id, 'There is no event here.'),
        reason: optional(values, 'reason'),
      }),
      unmark: (state) => state,
    });
    return { ok: true, message: '', opens: formScreen(form) };
  },
};

/** Where the undoes before have left each stream, in earnest and in each dry run. */
type Revisions = WeakMap<Administration, Map<string, number>>;

/** Undoes of one stream follow one another: each finds the revision that the one before has made. */
function following(compensation: Compensation, stream: string, revisions: Revisions): Compensation {
  return {
    ...compensation,
    async run(administration, context, reason) {
      const left = revisions.get(administration) ?? new Map<string, number>();
      revisions.set(administration, left);
      const result = await compensation.run(administration, context, reason, left.get(stream));
      left.set(stream, result.revision);
      return result;
    },
  };
}

/** One among many takes nothing back that was changed since: nobody would see that. */
async function compensationAmongOthers(stores: Stores, event: AuditEventRow): Promise<Compensation> {
  const rows = await readHistory(stores, decidingStream(event.stream));
  const found = compensationOf(
    rows,
    rows.findIndex(({ position }) => position === event.position),
  );
  if ('refusal' in found) return refused(event.id, found.refusal);
  if (found.overwrites.length === 0) return found;
  return refused(event.id, 'It was changed since, which would be lost; u takes it back alone.');
}

function refused(event: string, text: string): Compensation {
  return { event, text, overwrites: [], run: () => Promise.reject(new Refused('undo-impossible', text)) };
}
