import type { UnreadableEntry } from './trailEntry.ts';
import type { AuditEventRow } from '../projections/tables/auditEvents.ts';
import { isCatalogueStream, subjectOf } from '../events/streamName.ts';

/** Shows an event of the audit trail in JSON, the same over REST and in the CLI; never a secret. */
export function auditDocument(row: AuditEventRow) {
  const { stream, revision, position, id, type, at, actor, correlationId, data } = row;
  return {
    position,
    id,
    type,
    ...subjectDocument(stream),
    revision,
    at: at.toISOString(),
    actor,
    correlation_id: correlationId,
    data,
  };
}

/** Shows an event that can't be read: where it stands, and why. */
export function unreadableDocument({ stream, revision, position, type, reason }: UnreadableEntry) {
  return { position, type, ...subjectDocument(stream), revision, unreadable: reason };
}

function subjectDocument(stream: string) {
  const subject = subjectOf(stream);
  if (subject !== undefined && 'key' in subject) return { category: 'key', subject: subject.key };
  return subject !== undefined && 'role' in subject
    ? { category: 'role', subject: subject.role }
    : { category: isCatalogueStream(stream) ? 'catalogue' : 'server', subject: subject?.server ?? stream };
}
