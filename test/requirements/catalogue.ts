import type { RequirementsOf } from './requirement.ts';

/** What servers offer, remembered, recorded and approved. */
export const catalogue = {
  'catalogue-digest-all-members': {
    requirement:
      'Whatever a server changes in a tool, prompt, resource or template gives it another digest, to the last digit.',
    source: 'docs/architecture.md, What servers offer; RFC 8785',
  },
  'catalogue-changes-recorded': {
    requirement:
      'What a server offers, and each change of it, is in the history; an order that means nothing is no change.',
    source: 'docs/architecture.md, What servers offer; MCP 2025-11-25, server/tools',
  },
  'catalogue-flapping-bounded': {
    requirement:
      'A server whose lists flap adds a bounded number of events to the history in an hour, and that is recorded.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-approval': {
    requirement:
      'A tool counts as approved in the definitions that were there first, were allowed to change, or were approved.',
    source: 'docs/architecture.md, What servers offer',
  },
} as const satisfies RequirementsOf<'catalogue'>;
