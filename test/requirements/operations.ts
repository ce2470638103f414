import type { RequirementsOf } from './requirement.ts';

/** What an operator may rely on when something is lost. */
export const operations = {
  'ops-recovery': {
    requirement: 'Each step of the disaster recovery that the documentation shows leads to a whole installation.',
    source: 'issue 3, done when',
  },
} as const satisfies RequirementsOf<'ops'>;
