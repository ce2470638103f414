import { LRUCache } from 'lru-cache';
import type { CallEvent } from '../calls/callEvent.ts';

/** Told when a server was found to answer, or not to be there. */
export type ReachabilityListener = (server: string, change: 'answered' | (string & {})) => void;

/**
 * Whether servers can be reached, as calls find it. An HTTP server is started and stopped elsewhere; what a gateway knows
 * of that is who answers, and nothing is claimed of a server that nobody has called.
 */
export interface Reachability {
  note(call: Pick<CallEvent, 'server' | 'outcome'>): void;
  /** A server was changed: what it answered before says nothing of it now. */
  forget(server: string, reason: 'disabled' | 'removed' | 'changed'): void;
}

/** Many more than anyone configures. */
const CAPACITY = 10_000;

/** Ends of a call that only a server that answers can cause. */
const ANSWERED: ReadonlySet<string> = new Set([
  'ok',
  'tool-error',
  'upstream-rpc-error',
  'upstream-error',
  'upstream-unauthorized',
  'session-not-found',
  'not-offered',
]);

export function createReachability(listener: ReachabilityListener): Reachability {
  const known = new LRUCache<string, 'answers' | 'gone'>({ max: CAPACITY });
  return {
    note({ server, outcome }) {
      const now = ANSWERED.has(outcome) ? 'answers' : outcome === 'upstream-unreachable' ? 'gone' : undefined;
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
