import type { RequirementsOf } from './requirement.ts';

/** The audit trail, and the proof that it is true. */
export const audit = {
  'audit-verify-intact': {
    requirement: 'A history that nobody tampered with verifies, also while it grows.',
    source: 'docs/reference.md, Audit',
  },
  'audit-verify-tampering': {
    requirement:
      'An event that was edited, removed, reordered, inserted, moved or cut off without ENCRYPTION_KEY is found, and the first one named.',
    source: 'docs/architecture.md, Tamper evidence',
  },
  'audit-verify-heads': {
    requirement: 'A stream head that is not the stream’s last event is found.',
    source: 'docs/architecture.md, Tamper evidence',
  },
  'audit-verify-trail': {
    requirement: 'An audit trail in the tables that is not what the history says is found.',
    source: 'docs/reference.md, Audit',
  },
  'audit-verify-shredded': {
    requirement: 'A secret of something deleted that can still be opened is found.',
    source: 'docs/reference.md, Audit',
  },
  'audit-verify-secrets': {
    requirement: 'A secret in use that can’t be opened any more is found.',
    source: 'docs/reference.md, Audit',
  },
  'audit-verify-system-keys': {
    requirement: 'A key of the installation itself that is gone, damaged or another one is found.',
    source: 'docs/adr/0009',
  },
  'audit-verify-access-tables': {
    requirement: 'A table that calls are checked against and that is not what the history gives is found.',
    source: 'docs/adr/0009',
  },
  'audit-verify-coverage': {
    requirement: 'A verification says what it has proved and what it has not.',
    source: 'docs/adr/0009',
  },
  'audit-verify-unreadable': {
    requirement: 'An event that can’t be read is named until an operator has exactly that one skipped.',
    source: 'docs/adr/0015',
  },
  'audit-verify-strangers': {
    requirement: 'Streams of strangers are passed by and counted, also under names like ours.',
    source: 'docs/adr/0015',
  },
  'audit-verify-hidden': {
    requirement:
      'A stream that was hidden or deleted in the event store is named at once, before and after its events are cleaned away, with the way back.',
    source: 'docs/adr/0015',
  },
  'audit-checkpoint': {
    requirement:
      'A checkpoint kept elsewhere finds whatever was removed or rewritten since, in every table at once even.',
    source: 'docs/reference.md, Audit',
  },
  'audit-rest': {
    requirement:
      'The whole audit trail is read over REST, paged and filtered, with the scope audit:read and no secret in it.',
    source: 'docs/reference.md, Audit',
  },
  'audit-checkpoint-genuine': {
    requirement: 'A checkpoint that was changed, or signed by another installation, is refused.',
    source: 'docs/reference.md, Audit',
  },
  'audit-key-history': {
    requirement: 'The whole history of a key is shown, of a deleted one too: who, when, why, and what changed.',
    source: 'docs/reference.md, Audit',
  },
  'audit-tail': {
    requirement: 'The last events are shown and followed, filtered, until a signal ends it in order.',
    source: 'docs/reference.md, Audit',
  },
  'audit-at': {
    requirement: 'Keys, servers and grants are shown as they were at any time.',
    source: 'docs/reference.md, Audit',
  },
  'audit-who-could': {
    requirement: 'Who could use a server or a tool at any time is shown, by which grant, since when and until when.',
    source: 'docs/reference.md, Audit',
  },
} as const satisfies RequirementsOf<'audit'>;
