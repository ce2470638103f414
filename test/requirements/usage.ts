import type { RequirementsOf } from './requirement.ts';

/** Who used what. */
export const usage = {
  'usage-exact': {
    requirement: 'Usage equals what was sent, call for call, across a clean restart and over several gateways.',
    source: 'issue 4, 6',
  },
  'usage-crash': {
    requirement: 'A crash loses the usage of the last flush interval at most, and counts nothing twice.',
    source: 'issue 4, 6',
  },
  'usage-outage': {
    requirement:
      'Usage that could not be written down is kept and tried again, and counted once whatever was heard of it.',
    source: 'issue 4, 6',
  },
  'usage-bounded': {
    requirement: 'Neither memory nor the table grows with the names that clients invent, and what is lost is counted.',
    source: 'issue 4, 6',
  },
  'usage-dimensions': {
    requirement: 'Usage is asked for by key, server, tool, hour and day, in ranges, with errors, bytes and latency.',
    source: 'issue 4, 6',
  },
  'usage-rest': {
    requirement: 'GET /api/v1/usage shows the usage of all keys to a key with usage:read, as JSON or CSV.',
    source: 'issue 4, 6; DESIGN 8',
  },
  'usage-cli': {
    requirement:
      'The command usage shows counts as a table, as JSON and as CSV, and keys show tells when a key was last used.',
    source: 'issue 4, 6; DESIGN 9',
  },
  'usage-last-used': {
    requirement: 'Each key tells when it was last used, and how many calls it made in each 5 minutes of the last hour.',
    source: 'issue 4, 6',
  },
  'usage-no-projection': {
    requirement: 'A rebuild of the read tables leaves usage as it is.',
    source: 'DESIGN 5',
  },
  'usage-retention': {
    requirement: 'Usage older than the configured number of days is deleted, by one process at a time.',
    source: 'issue 4, 6',
  },
} as const satisfies RequirementsOf<'usage'>;
