import type { RequirementsOf } from './requirement.ts';

/** The audit trail, and the proof that it is true. */
export const audit = {
  'audit-verify-intact': {
    requirement: 'A history that nobody tampered with verifies, also while it grows.',
    source: 'issue 3, 6',
  },
  'audit-verify-tampering': {
    requirement:
      'An event that was edited, removed, reordered, inserted, moved or cut off without ENCRYPTION_KEY is found, and the first one named.',
    source: 'DESIGN 3, Tamper evidence',
  },
  'audit-verify-heads': {
    requirement: 'A stream head that is not the stream’s last event is found.',
    source: 'DESIGN 3, Tamper evidence',
  },
  'audit-verify-trail': {
    requirement: 'An audit trail in the tables that is not what the history says is found.',
    source: 'issue 3, 6',
  },
  'audit-verify-shredded': {
    requirement: 'A secret of something deleted that can still be opened is found.',
    source: 'issue 3, 6',
  },
  'audit-verify-secrets': {
    requirement: 'A secret in use that can’t be opened any more is found.',
    source: 'issue 3, 6',
  },
  'audit-verify-system-keys': {
    requirement: 'A key of the installation itself that is gone, damaged or another one is found.',
    source: 'issue 9, A8',
  },
  'audit-verify-access-tables': {
    requirement: 'A table that calls are checked against and that is not what the history gives is found.',
    source: 'issue 9, A8',
  },
  'audit-verify-coverage': {
    requirement: 'A verification says what it has proved and what it has not.',
    source: 'issue 9, A8',
  },
  'audit-verify-unreadable': {
    requirement: 'An event that can’t be read is named until an operator has exactly that one skipped.',
    source: 'issue 9, A2',
  },
  'audit-verify-strangers': {
    requirement: 'Streams of strangers are passed by and counted, also under names like ours.',
    source: 'issue 9, A2',
  },
  'audit-verify-hidden': {
    requirement:
      'A stream that was hidden or deleted in the event store is named at once, before and after its events are cleaned away, with the way back.',
    source: 'issue 9, A3',
  },
  'audit-checkpoint': {
    requirement:
      'A checkpoint kept elsewhere finds whatever was removed or rewritten since, in every table at once even.',
    source: 'issue 3, 6',
  },
  'audit-rest': {
    requirement:
      'The whole audit trail is read over REST, paged and filtered, with the scope audit:read and no secret in it.',
    source: 'issue 3, 6',
  },
  'audit-checkpoint-genuine': {
    requirement: 'A checkpoint that was changed, or signed by another installation, is refused.',
    source: 'issue 3, 6',
  },
  'audit-key-history': {
    requirement: 'The whole history of a key is shown, of a deleted one too: who, when, why, and what changed.',
    source: 'issue 3, 6',
  },
  'audit-tail': {
    requirement: 'The last events are shown and followed, filtered, until a signal ends it in order.',
    source: 'issue 3, 6',
  },
  'audit-at': {
    requirement: 'Keys, servers and grants are shown as they were at any time.',
    source: 'issue 3, 6',
  },
  'audit-who-could': {
    requirement: 'Who could use a server or a tool at any time is shown, by which grant, since when and until when.',
    source: 'issue 3, 6',
  },
} as const satisfies RequirementsOf<'audit'>;
