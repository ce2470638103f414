import { eraOf, type Side } from './dimensions.ts';
import type { FeatureName } from './features.ts';

/** Why a feature can't be had, and by which paragraph. */
export interface Impossible {
  readonly because: string;
  readonly paragraph: string;
}

/** Tells why a feature can't be had in a cell of the square; undefined: it works. */
export function impossible(feature: FeatureName, { revision, endpoint }: Side): Impossible | undefined {
  switch (feature) {
    case 'elicitation by form':
    case 'several inputs':
      return revision < '2025-06-18'
        ? { because: 'the client’s revision has no elicitation', paragraph: 'MCP 2025-06-18, changelog, Major changes' }
        : undefined;
    case 'elicitation by URL':
      return revision < '2025-11-25'
        ? {
            because: 'the client’s revision has no elicitation by URL',
            paragraph: 'MCP 2025-11-25, changelog, Major changes',
          }
        : undefined;
    case 'resumption':
      if (eraOf(revision) === 'modern') {
        return {
          because: 'streams of the client’s revision can’t be resumed',
          paragraph: 'MCP 2026-07-28, changelog, Major changes',
        };
      }
      if (endpoint === 'NDJSON') {
        return {
          because: 'one exchange is the session: there is no second connection to resume on',
          paragraph: 'docs/proxy.md, Lines',
        };
      }
      if (revision < '2025-11-25') {
        return {
          because:
            'before this revision a server may leave out the ids of events, and clients choke on an event without data',
          paragraph: 'MCP 2025-06-18, basic/transports, Resumability and Redelivery',
        };
      }
      return undefined;
    default:
      return undefined;
  }
}
