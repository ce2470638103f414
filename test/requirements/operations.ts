import type { RequirementsOf } from './requirement.ts';

/** What an operator may rely on when something is lost. */
export const operations = {
  'ops-recovery': {
    requirement: 'Each step of the disaster recovery that the documentation shows leads to a whole installation.',
    source: 'issue 3, done when',
  },
  'ops-random-faults': {
    requirement:
      'Whatever breaks in whichever order, nothing acknowledged is lost, nobody is let in after a confirmed revocation, ' +
      'verifying tells the truth, and there is a documented way back.',
    source: 'issue 9, done when',
  },
  'ops-hostile-costs': {
    requirement:
      'Whatever a body, an answer or a server makes cost more than its bytes tell, a gateway with a small heap survives and serves.',
    source: 'issue 10, B5',
  },
} as const satisfies RequirementsOf<'ops'>;
