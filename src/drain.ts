import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A listener whose answers under way can be waited for. */
export interface DrainableListener {
  readonly listener: RequestListener;
  /** Resolves when what was asked in full until now has been answered, or after `ms`. */
  drained(ms: number): Promise<void>;
}

/** Makes a listener drainable. A request that its client has not sent to its end is not waited for. */
export function drainable(listener: RequestListener): DrainableListener {
  const open = new Set<ServerResponse>();
  return {
    listener(req, res) {
      open.add(res);
      res.once('close', () => open.delete(res));
      listener(req, res);
    },
    async drained(ms) {
      const bound = new AbortController();
      const answers = [...open].filter(({ req }) => req.complete).map((res) => once(res, 'close'));
      const late = delay(ms, undefined, { signal: bound.signal }).catch(() => undefined);
      await Promise.race([Promise.all(answers), late]);
      bound.abort();
    },
  };
}
