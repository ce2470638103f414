import { LRUCache } from 'lru-cache';
import type { CallEvent } from '../calls/callEvent.ts';

/** Called when a server answers after it did not, and the other way round. */
export type ReachabilityListener = (server: string, change: 'answered' | (string & {})) => void;

/**
 * Which servers can be reached, by the outcome of calls. A gateway knows nothing of a server that was never called.
 */
export interface Reachability {
  note(call: Pick<CallEvent, 'server' | 'outcome' | 'answeredHere'>): void;
  /** Forgets what is known of a server that was changed. */
  forget(server: string, reason: 'disabled' | 'removed' | 'changed'): void;
}

/** Servers that are remembered: far more than anybody configures. */
const CAPACITY = 10_000;

/** Outcomes of a call that a server has answered. */
const ANSWERED: ReadonlySet<string> = new Set([
  'ok',
  'tool-error',
  'upstream-rpc-error',
  'upstream-error',
  'upstream-unauthorized',
  'session-not-found',
  'not-offered',
]);

/** Outcomes of a call that has found no server: none that listens, or a program that does not start. */
const GONE: ReadonlySet<string> = new Set([
  'upstream-unreachable',
  'upstream-start-failed',
  'upstream-command-unusable',
  'upstream-given-up',
]);

/** Makes the watch over servers: the listener gets each change between a server that answers and one that does not. */
export function createReachability(listener: ReachabilityListener): Reachability {
  const known = new LRUCache<string, 'answers' | 'gone'>({ max: CAPACITY });
  return {
    note({ server, outcome, answeredHere }) {
      const now = ANSWERED.has(outcome) && !answeredHere ? 'answers' : GONE.has(outcome) ? 'gone' : undefined;
      if (now === undefined || known.get(server) === now) return;
      known.set(server, now);
      listener(server, now === 'answers' ? 'answered' : outcome);
    },
    forget(server, reason) {
      const before = known.get(server);
      known.delete(server);
      if (before === 'answers' && reason !== 'changed') listener(server, reason);
    },
  };
}
