import type { AuditCheckpoint } from '../../src/audit/auditCheckpoint.ts';
import type { Coverage, Part } from '../../src/audit/coverage.ts';
import type { Verification } from '../../src/audit/verify.ts';
import { present } from '../../src/administration/present.ts';
import { Refused } from '../../src/errors/appError.ts';
import { subjectOf } from '../../src/events/streamName.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { keyNames } from '../../src/projections/tables/apiKeys.ts';
import { formatTime, keyTitleOf } from './keyView.ts';

/** Refuses a history with a fault, and names the key that it is of. @throws Refused `history-not-intact` */
export async function checkIntact(db: Queryable, verification: Verification, against?: AuditCheckpoint): Promise<void> {
  const { fault } = verification;
  if (fault === undefined) return;
  const { kind, stream, revision, position, meaning } = fault;
  const at = revision === undefined ? '' : `@${revision}`;
  const place = `${await ownerOf(db, stream)}${stream}${at}${position === undefined ? '' : ` (position ${position})`}`;
  throw new Refused('history-not-intact', `The history is not intact. ${place}: ${kind}. ${meaning}`, {
    data: verificationJson(verification, against),
  });
}

/** The key of a stream, as far as its name is known. */
async function ownerOf(db: Queryable, stream: string): Promise<string> {
  const subject = subjectOf(stream);
  if (subject === undefined || !('key' in subject)) return '';
  const names = await keyNames(db, [subject.key]);
  return names.has(subject.key) ? `The key ${keyTitleOf(subject.key, names)}, ` : '';
}

/** Shows a verification in JSON. */
export function verificationJson(verification: Verification, against?: AuditCheckpoint): Record<string, unknown> {
  const { ok, store, events, streams, foreignEvents, skippedEvents, from, to, position, durationMs } = verification;
  const { fault, coverage, sameStore } = verification;
  return {
    ok,
    store,
    events,
    streams,
    foreign_events: foreignEvents,
    skipped_events: skippedEvents,
    ...present({ from, to, position: position === undefined ? undefined : String(position) }),
    duration_ms: Math.round(durationMs),
    events_per_second: perSecond(verification),
    ...(against === undefined ? {} : { against: { created_at: against.created_at, same_store: sameStore === true } }),
    ...(coverage === undefined ? {} : { covered: coverage.covered, not_covered: coverage.notCovered }),
    ...(fault === undefined
      ? {}
      : { fault: { ...fault, position: fault.position === undefined ? undefined : String(fault.position) } }),
  };
}

/** Writes how much was verified, and how fast. */
export function verificationSummary(verification: Verification): string {
  const { events, streams, foreignEvents, from, to, durationMs } = verification;
  const span = from === undefined || to === undefined ? '' : `, ${timeOf(from)} to ${timeOf(to)}`;
  const foreign = foreignEvents === 0 ? '' : `, besides ${number(foreignEvents)} events of other programs`;
  const speed = `${(durationMs / 1_000).toFixed(1)} s, ${number(perSecond(verification))} events/s`;
  return `${number(events)} events in ${number(streams)} streams${span}${foreign} (${speed})`;
}

/** Writes what a verification proves, and what it does not, in a line for each. */
export function formatCoverage({ covered, notCovered }: Coverage): string[] {
  const line = ({ sentence }: Part): string => `  ${sentence}`;
  return ['', 'It proves:', ...covered.map(line), '', 'It does not cover:', ...notCovered.map(line)];
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

function timeOf(time: string): string {
  return formatTime(new Date(time));
}

function perSecond({ events, durationMs }: Verification): number {
  return Math.round((events / Math.max(1, durationMs)) * 1_000);
}
