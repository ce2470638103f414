import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { CallEvent } from './callEvent.ts';

/** Servers that are remembered: far more than anybody configures. */
const CAPACITY = 10_000;

/** Outcomes of a call that a server has answered, with whatever. */
const ANSWERED: ReadonlySet<string> = new Set([
  'ok',
  'tool-error',
  'upstream-rpc-error',
  'session-not-found',
  'not-offered',
]);

/** Checks whether an outcome means that the server has answered. */
export function isAnswer(outcome: string): boolean {
  return ANSWERED.has(outcome);
}

/** What calls have shown of a server. */
export interface ServerHealth {
  /** When it answered last, in milliseconds since the epoch; undefined: it did not. */
  readonly answeredAt: number | undefined;
  /** The last call that failed for its sake; undefined: none did. */
  readonly failure: { readonly code: string; readonly at: number } | undefined;
  /** Failures since it answered last. */
  readonly failures: number;
}

/** What is known of the health of servers by the outcome of calls, in this gateway. */
export interface ServerHealths {
  /** Takes in a call that has ended, whatever carried it. */
  note(call: Pick<CallEvent, 'server' | 'outcome' | 'answeredHere'>): void;
  /** Undefined: no call has shown anything since the server was changed. */
  of(server: string): ServerHealth | undefined;
  /** Forgets what is known of a server that was changed. */
  forget(server: string): void;
}

/** Makes what follows the health of servers. Calls that their clients end, or the gateway, say nothing of it. */
export function createServerHealths(clock: Clock): ServerHealths {
  const known = new LRUCache<string, ServerHealth>({ max: CAPACITY });
  return {
    note({ server, outcome, answeredHere }) {
      const before = known.get(server);
      if (isAnswer(outcome)) {
        // A server that was not asked has shown nothing.
        if (answeredHere) return;
        known.set(server, { answeredAt: clock(), failure: before?.failure, failures: 0 });
      } else if (outcome.startsWith('upstream-')) {
        const failure = { code: outcome, at: clock() };
        known.set(server, { answeredAt: before?.answeredAt, failure, failures: (before?.failures ?? 0) + 1 });
      }
    },
    of: (server) => known.get(server),
    forget: (server) => void known.delete(server),
  };
}
