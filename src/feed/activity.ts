import { randomUUID } from 'node:crypto';
import { exhaustMap, interval, share, shareReplay, Subject, timer as everySoOften, type Observable } from 'rxjs';
import type { LiveServers } from '../live/liveServer.ts';
import type { CallEvent, CallObserver } from '../calls/callEvent.ts';
import { isoTime, type Clock } from '../clock.ts';
import type { Invalidations } from '../live/invalidations.ts';
import { errorKindOf } from '../usage/errorKind.ts';
import type { FeedEvent, SystemHealth } from './feedEvent.ts';
import { FeedItem } from './feedItem.ts';
import { createReachability } from './reachability.ts';

/**
 * How long news is gathered before readers get it: nobody sees the delay, they get one write for all of it, and a call
 * pays for its event once, however many read.
 */
const GATHER_MS = 100;

/** So much news goes out at once. */
const MAX_GATHERED = 500;

/** As MCP streams: intermediaries cut what is silent for longer. */
const HEARTBEAT_MS = 15_000;

const HEALTH_MS = 5_000;

/** Clients choose the names of tools and methods; what is longer is cut. */
const MAX_NAME_LENGTH = 256;

/** An event that is not numbered yet. */
type News = FeedEvent extends infer E ? (E extends FeedEvent ? Omit<E, 'id' | 'at'> : never) : never;

export interface ActivityOptions {
  readonly clock: Clock;
  readonly changes: Pick<Invalidations, 'onInvalidation'>;
  readonly servers: Pick<LiveServers, 'onChange'>;
  /** Looks at the gateway; resolves within a bounded time, and does not reject. */
  readonly checkHealth: () => Promise<SystemHealth>;
  /** (Default: 15_000) */
  readonly heartbeatMs?: number;
}

/** What happens in this gateway, told to whoever listens. Disposing of it ends every reader's feed. */
export interface Activity extends Disposable {
  /** Calls, changes and errors, gathered for some milliseconds. Costs nothing while nobody listens. */
  readonly news: Observable<readonly FeedItem[]>;
  readonly heartbeats: Observable<unknown>;
  /** The gateway's health, as it last was and every 5 s. */
  readonly health: Observable<readonly FeedItem[]>;
  /** Delivers what is gathered, at once. */
  flush(): void;
  readonly onCall: CallObserver;
  /** Numbers an event that is for one reader. */
  item(news: News): FeedItem;
}

/** Makes the fan-out of what happens. */
export function createActivity(options: ActivityOptions): Activity {
  const { clock, changes, servers, checkHealth, heartbeatMs = HEARTBEAT_MS } = options;
  const news = new Subject<readonly FeedItem[]>();
  const start = randomUUID().slice(0, 8);
  let count = 0;
  let gathered: FeedItem[] = [];
  let timer: NodeJS.Timeout | undefined;

  function item(event: News): FeedItem {
    count += 1;
    return new FeedItem({ id: `${start}-${count}`, at: isoTime(clock()), ...event });
  }

  function tell(event: News): void {
    gathered.push(item(event));
    if (gathered.length >= MAX_GATHERED) deliver();
    else timer ??= setTimeout(deliver, GATHER_MS);
  }

  function deliver(): void {
    clearTimeout(timer);
    timer = undefined;
    const items = gathered;
    gathered = [];
    news.next(items);
  }

  const reachability = createReachability((server, reason) => {
    if (!news.observed) return;
    if (reason === 'answered') tell({ type: 'mcp_server_started', server, data: { reason: 'answered' } });
    else tell({ type: 'mcp_server_stopped', server, data: { reason } });
  });

  const stopServers = servers.onChange((name, server) => {
    reachability.forget(name, server === undefined ? 'removed' : server.enabled ? 'changed' : 'disabled');
  });
  const stopChanges = changes.onInvalidation((change) => {
    if (!news.observed) return;
    if ('all' in change) {
      tell({ type: 'gap', dropped: 0, data: { reason: 'changes-unknown' } });
      return;
    }
    for (const key of change.keys) tell({ type: 'key_changed', key, data: {} });
    for (const server of change.servers) tell({ type: 'server_changed', server, data: {} });
  });

  function onCall(call: CallEvent): void {
    reachability.note(call);
    if (!news.observed) return;
    const { server, keyId: key } = call;
    const method = shortened(call.method);
    const kind = errorKindOf(call);
    const ended = {
      outcome: call.outcome,
      ...(kind !== undefined && { error: kind }),
      status: call.status,
      duration_ms: call.durationMs,
      bytes_in: call.bytesIn,
      bytes_out: call.bytesOut,
    };
    if (call.tool === undefined) tell({ type: 'mcp_message', server, key, data: { method, ...ended } });
    else tell({ type: 'mcp_tool_executed', server, key, data: { tool: shortened(call.tool), ...ended } });
    if (kind === undefined) return;
    const tool = call.tool === undefined ? {} : { tool: shortened(call.tool) };
    const code = call.outcome === 'ok' ? `http-${call.status}` : call.outcome;
    tell({ type: 'error', server, key, data: { code, kind, method, ...tool } });
  }

  return {
    news,
    heartbeats: interval(heartbeatMs).pipe(share()),
    health: everySoOften(0, HEALTH_MS).pipe(
      exhaustMap(async () => [item({ type: 'system_health', data: await checkHealth() })]),
      shareReplay({ bufferSize: 1, refCount: true }),
    ),
    flush: deliver,
    onCall,
    item,
    [Symbol.dispose]() {
      stopServers();
      stopChanges();
      clearTimeout(timer);
    },
  };
}

function shortened(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1)}…`;
}
