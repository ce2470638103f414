import { LRUCache } from 'lru-cache';
import type { LiveServer } from '../live/liveServer.ts';
import type { Clock } from '../clock.ts';
import { createBoundedLog } from '../front/boundedLog.ts';
import type { Logger } from '../logging/logger.ts';
import type { Rejected } from '../upstream/rejections.ts';

/** Writes down what of a server’s lists can’t be used. */
export interface LeftOutLog extends Disposable {
  note(server: Pick<LiveServer, 'name' | 'revision'>, rejected: Rejected): void;
}

/** Items that have been told of; a server that has more is told of again. */
const REMEMBERED = 1_000;

/** Makes the log. Each item is told of once, until the server is changed or the gateway starts anew. */
export function createLeftOutLog({ logger, clock }: { logger: Logger; clock: Clock }): LeftOutLog {
  const log = createBoundedLog({ logger, clock, level: 'warn', message: 'a server lists what can’t be used' });
  const told = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    note({ name: server, revision }, { list, name, reason }) {
      const item = JSON.stringify([server, revision, list, name, reason]);
      if (told.has(item)) return;
      told.set(item, true);
      log.note(() => ({ server, list, name, reason }));
    },
    [Symbol.dispose]() {
      log[Symbol.dispose]();
    },
  };
}
