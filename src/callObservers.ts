import { createAccessLog } from './calls/accessLog.ts';
import type { CallObserver } from './calls/callEvent.ts';
import { createServerHealths, type ServerHealths } from './calls/serverHealth.ts';
import { steadyClock, type Clock } from './clock.ts';
import type { Feed } from './feed/feed.ts';
import type { LiveServers } from './live/liveServer.ts';
import type { LogDestination } from './logging/logDestination.ts';
import type { Logger } from './logging/logger.ts';
import type { Counts } from './metrics/counts.ts';
import type { Database } from './postgres/database.ts';
import { createFailureLog } from './usage/failureLog.ts';
import { openUsageRecorder, type UsageRecorder } from './usage/recorder.ts';

export interface CallObserversOptions {
  readonly db: Database;
  readonly servers: Pick<LiveServers, 'onChange'>;
  readonly feed: Pick<Feed, 'onCall'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gets a line for each call; undefined: nobody does. */
  readonly accessLines: LogDestination | undefined;
  /** Undefined: nobody asks for metrics. */
  readonly counts: Pick<Counts, 'count'> | undefined;
  /** Usage is kept for so long; 0: none is recorded. */
  readonly retentionDays: number;
}

/** All that is told of each call that has ended. Disposing of it, after the calls have drained, writes down the last of them. */
export interface CallObservers extends AsyncDisposable {
  readonly onCall: CallObserver;
  readonly health: ServerHealths;
  /** Undefined: none is recorded. */
  readonly usage: UsageRecorder | undefined;
}

/** Opens what counts and logs calls. */
export function openCallObservers(options: CallObserversOptions): CallObservers {
  const { db, servers, feed, clock, logger, accessLines, counts, retentionDays } = options;
  const opened = new AsyncDisposableStack();
  const usage = retentionDays === 0 ? undefined : opened.use(openUsageRecorder({ db, clock, logger, retentionDays }));
  const failures = opened.use(createFailureLog({ logger, clock: steadyClock }));
  const health = createServerHealths(clock);
  opened.defer(servers.onChange((name) => health.forget(name)));

  const logCall = accessLines && createAccessLog({ logger, to: accessLines, clock });

  return {
    health,
    usage,
    onCall(event) {
      health.note(event);
      usage?.onCall(event);
      feed.onCall(event);
      failures.onCall(event);
      counts?.count(event);
      logCall?.(event);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
