import { LRUCache } from 'lru-cache';
import type { LiveServer } from '../live/liveServer.ts';
import type { Clock } from '../clock.ts';
import { createBoundedLog } from '../front/boundedLog.ts';
import type { Logger } from '../logging/logger.ts';
import type { Rejected } from '../upstream/rejections.ts';

/** A log of the items of servers' lists that can't be used. */
export interface UnusableItemLog extends Disposable {
  note(server: Pick<LiveServer, 'name' | 'revision'>, rejected: Rejected): void;
}

/** Items that are not logged again; of more than these, the first ones are. */
const REMEMBERED = 1_000;

/** Makes the log. Each item is logged once per revision of its server and start of the gateway. */
export function createUnusableItemLog({ logger, clock }: { logger: Logger; clock: Clock }): UnusableItemLog {
  const log = createBoundedLog({ logger, clock, level: 'warn', message: 'a server lists what can’t be used' });
  const logged = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    note({ name: server, revision }, { list, name, reason }) {
      const item = JSON.stringify([server, revision, list, name, reason]);
      if (logged.has(item)) return;
      logged.set(item, true);
      log.note(() => ({ server, list, name, reason }));
    },
    [Symbol.dispose]() {
      log[Symbol.dispose]();
    },
  };
}
