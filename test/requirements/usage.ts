import type { RequirementsOf } from './requirement.ts';

/** Who used what. */
export const usage = {
  'usage-exact': {
    requirement: 'Usage equals what was sent, call for call, across a clean restart and over several gateways.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-crash': {
    requirement: 'A crash loses the usage of the last flush interval at most, and counts nothing twice.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-outage': {
    requirement:
      'Usage that could not be written down is kept and tried again, and counted once whatever was heard of it.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-bounded': {
    requirement: 'Neither memory nor the table grows with the names that clients invent, and what is lost is counted.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-bytes': {
    requirement:
      'The bytes of a call are those of the bodies that its client sent and got, over every transport, in both lanes and over REST.',
    source: 'docs/operating.md, Usage',
  },
  'usage-outcomes': {
    requirement: 'A call that the gateway refuses counts, and each failed call with the code of what ended it.',
    source: 'docs/operating.md, Usage',
  },
  'usage-dimensions': {
    requirement: 'Usage is asked for by key, server, tool, hour and day, in ranges, with errors, bytes and latency.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-rest': {
    requirement: 'GET /api/v1/usage shows the usage of all keys to a key with usage:read, as JSON or CSV.',
    source: 'docs/reference.md, Usage, and what happens now; docs/architecture.md, The REST API',
  },
  'usage-cli': {
    requirement:
      'The command usage shows counts as a table, as JSON and as CSV, and keys show tells when a key was last used.',
    source: 'docs/reference.md, Usage, and what happens now; docs/architecture.md, Administration',
  },
  'usage-last-used': {
    requirement: 'Each key tells when it was last used, and how many calls it made in each 5 minutes of the last hour.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
  'usage-no-projection': {
    requirement: 'A rebuild of the read tables leaves usage as it is.',
    source: 'docs/architecture.md, Read path',
  },
  'usage-retention': {
    requirement:
      'Usage older than the configured number of days is deleted, by one process at a time, where the clocks of the gateway and of the database agree on that.',
    source: 'docs/reference.md, Usage, and what happens now',
  },
} as const satisfies RequirementsOf<'usage'>;
