import type { RequirementsOf } from './requirement.ts';

/** Read tables, the copies of them in memory, and their migrations. */
export const projections = {
  'projections-read-your-writes': {
    requirement: 'A change can be read when it is reported, without a gateway running too.',
    source: 'docs/architecture.md, Read your writes',
  },
  'projections-once': {
    requirement: 'Each event is applied once, however many processes pump and whenever they are killed.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-replay': {
    requirement: 'Applying a history again, in batches of any size, gives the same rows.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-stop-alone': {
    requirement: 'A projection that fails is tried again, then stops alone and says so; an outage is not its fault.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-rebuild-unseen': {
    requirement: 'A rebuild shows readers the old rows until it shows the new ones.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-rebuild-differences': {
    requirement: 'A rebuild says what it found missing, different and surplus, and touches only those rows.',
    source: 'docs/adr/0010',
  },
  'projections-rebuild-meanwhile': {
    requirement: 'Calls are served and other tables kept current during a rebuild, of which there is one at a time.',
    source: 'docs/adr/0010',
  },
  'projections-rebuild-fails': {
    requirement: 'A rebuild that fails names the event, and leaves tables and checkpoints as they were.',
    source: 'docs/adr/0010',
  },
  'projections-rebuild-killed': {
    requirement: 'A process killed at any moment of a rebuild leaves everything as it was, and nothing behind.',
    source: 'docs/adr/0010',
  },
  'projections-store-changed': {
    requirement: 'Another event store than the one that the read tables were built from is refused until a rebuild.',
    source: 'docs/adr/0010',
  },
  'projections-store-behind': {
    requirement: 'An event store that lacks events which the read tables contain is noticed and refused.',
    source: 'docs/adr/0010',
  },
  'projections-history-lost': {
    requirement:
      'A rebuild from a store that lacks the last events of streams names them, and waits to be told to go on.',
    source: 'docs/adr/0010',
  },
  'projections-no-sql': {
    requirement: 'A call that hits memory runs no SQL.',
    source: 'docs/architecture.md, Memory kept true',
  },
  'projections-memory-fresh': {
    requirement: 'Memory never answers with what a reported change has replaced, and holds no more than its bound.',
    source: 'docs/architecture.md, Memory kept true',
  },
  'projections-key-history': {
    requirement: 'The history of a key has every event once, without secrets, also after its deletion.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-migrations': {
    requirement:
      'Migrations are applied once by whoever starts first, whole or not at all, and never to a foreign database.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-audit-replay': {
    requirement:
      'A replay compares the read tables with the events row by row, at one position, and touches nothing live.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-outage-serves-calls': {
    requirement:
      'A gateway starts without its event store, serves calls, refuses changes, says so, and recovers by itself.',
    source: 'docs/architecture.md, Read path',
  },
  'projections-outage-never-built': {
    requirement: 'Nobody is let in on the word of read tables that were never built to the end.',
    source: 'docs/architecture.md, Read path',
  },
} as const satisfies RequirementsOf<'projections'>;
