import type { AuditEventRow } from '../projections/auditEvents.ts';
import { subjectOf } from '../events/streamName.ts';

/** Shows an event of the audit trail in JSON, the same over REST and in the CLI; never a secret. */
export function auditDocument(row: AuditEventRow) {
  const { stream, revision, position, id, type, at, actor, correlationId, data } = row;
  const subject = subjectOf(stream);
  return {
    position,
    id,
    type,
    ...(subject !== undefined && 'key' in subject
      ? { category: 'key', subject: subject.key }
      : { category: 'server', subject: subject?.server ?? stream }),
    revision,
    at: at.toISOString(),
    actor,
    correlation_id: correlationId,
    data,
  };
}
