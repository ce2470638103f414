import type { RequirementsOf } from './requirement.ts';

/** Many servers as one: what a client of `/mcp` may rely on. */
export const aggregate = {
  'aggregate-names': {
    requirement:
      'A tool of the aggregate has one name, which stays, which every client accepts, and which no other tool can have.',
    source: 'docs/proxy.md, The aggregate',
  },
} as const satisfies RequirementsOf<'aggregate'>;
