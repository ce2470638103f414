import { z } from 'zod';
import type { OpenCircuit } from '../calls/circuits.ts';
import { isoTime } from '../clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { ServerProcesses } from '../upstream/stdio/processPool.ts';

export const circuitSchema = z
  .object({
    state: z.enum(['closed', 'open', 'half-open']).meta({
      description: '`open`: calls are refused at once. `half-open`: one call may try the server, or does so now.',
    }),
    since: z.iso.datetime().optional(),
    failures: z.int().min(0).optional().meta({ description: 'Calls, or starts of its program, in a row that failed.' }),
    retry_at: z.iso.datetime().optional().meta({ description: 'When a call may try the server.' }),
    reason: z.string().optional(),
  })
  .meta({ description: 'Whether the gateway that answers passes calls on to the server.' });

export type CircuitDocument = z.infer<typeof circuitSchema>;

/** Shows a circuit. @param circuit undefined: it is closed */
export function circuitDocument(circuit: OpenCircuit | undefined): CircuitDocument {
  if (circuit === undefined) return { state: 'closed' };
  const { state, since, failures, retryAt, reason } = circuit;
  return { state, since: isoTime(since), failures, retry_at: isoTime(retryAt), reason };
}

/** Shows the wait for the next start of a program as what it is to its clients. @param failed undefined: the last start has not failed */
export function circuitOfStart(failed: ServerProcesses['failedStart']): OpenCircuit | undefined {
  // The first failure is not waited for.
  if (failed === undefined || failed.retryAt <= failed.since) return undefined;
  return { ...failed, state: failed.retryAt > Date.now() ? 'open' : 'half-open' };
}

/** Makes what publishes changes of circuits in the live event feed. */
export function circuitFeed(feed: Pick<Feed, 'publish'>): (server: string, circuit: OpenCircuit | undefined) => void {
  return (server, circuit) => {
    const { state, failures = 0, retry_at, reason } = circuitDocument(circuit);
    const data = {
      state,
      failures,
      ...(retry_at !== undefined && { retry_at }),
      ...(reason !== undefined && { reason }),
    };
    feed.publish({ type: 'mcp_server_circuit', server, data });
  };
}
