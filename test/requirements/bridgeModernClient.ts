import type { RequirementsOf } from './requirement.ts';

/** Modern clients of legacy servers: what each may rely on. */
export const bridgeModernClient = {
  'bridge-modern-client-input': {
    requirement:
      'What a legacy server asks for during a call of a modern client is the result of that call, and its repeat brings the server what it has asked for.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Basic Workflow; docs/proxy.md, The bridge',
  },
  'bridge-modern-client-rounds': {
    requirement:
      'A call asks in as many rounds as its server needs, for several inputs in one, and again for what a repeat leaves out.',
    source: 'MCP 2026-07-28, basic/patterns/mrtr, Error Handling; docs/proxy.md, The bridge',
  },
} as const satisfies RequirementsOf<'bridge'>;
