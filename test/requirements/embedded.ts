import type { RequirementsOf } from './requirement.ts';

/** The embedded PostgreSQL. */
export const embedded = {
  'embedded-private': {
    requirement:
      'The server asks for a SCRAM password at a socket that only its owner can reach, and its files are for their owner only.',
    source: 'docs/adr/0006',
  },
  'embedded-roles': {
    requirement: 'Gateways and commands work without a superuser, and gateways leave connections to commands.',
    source: 'docs/adr/0017',
  },
  'embedded-upgraded': {
    requirement: 'A state folder of a version that listened on TCP is carried over at the next start.',
    source: 'docs/adr/0017',
  },
  'embedded-environment': {
    requirement: 'The embedded server takes nothing from the caller’s environment.',
    source: 'docs/adr/0017',
  },
  'embedded-durable': {
    requirement: 'The server has fsync on and UTF-8, and a later start finds the data.',
    source: 'docs/adr/0006',
  },
  'embedded-shared': {
    requirement: 'Processes that start at any moment share one server, which ends with the last of them.',
    source: 'docs/adr/0006',
  },
  'embedded-recovers': {
    requirement: 'Whatever process is killed at whatever moment, the next start serves everything committed.',
    source: 'docs/adr/0006',
  },
  'embedded-no-orphan': {
    requirement: 'No postmaster is left behind, as an orphan or a zombie.',
    source: 'docs/adr/0006',
  },
  'embedded-any-account': {
    requirement: 'It runs for root and for an ordinary user, from a clone that only root may enter too.',
    source: 'docs/adr/0006',
  },
  'embedded-says-why': {
    requirement: 'A start that fails says why and what to do.',
    source: 'docs/adr/0006',
  },
  'embedded-replaced': {
    requirement: 'With DATABASE_URL the embedded server stays out of it.',
    source: 'docs/architecture.md, Two ways to run',
  },
} as const satisfies RequirementsOf<'embedded'>;
