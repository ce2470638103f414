import { randomUUID } from 'node:crypto';
import { exhaustMap, interval, share, shareReplay, Subject, timer as everySoOften, type Observable } from 'rxjs';
import type { LiveServers } from '../live/liveServer.ts';
import type { CallEvent, CallObserver } from '../calls/callEvent.ts';
import { isoTime, type Clock } from '../clock.ts';
import type { Invalidations } from '../live/invalidations.ts';
import { SERVER_NOT_GRANTED } from '../calls/answeredHere.ts';
import { errorKindOf, failureCode } from '../usage/errorKind.ts';
import { changeEvents } from './changeEvents.ts';
import type { SystemHealth, UnnumberedEvent } from './feedEvent.ts';
import { FeedItem } from './feedItem.ts';
import { createReachability } from './reachability.ts';

/**
 * How long events are gathered before readers get them, in milliseconds: each reader gets them in one write, and each event is
 * serialised once for all readers.
 */
const GATHER_MS = 100;

/** So many events are delivered at once, before that time is over. */
const MAX_GATHERED = 500;

/** In milliseconds, as for MCP streams: intermediaries cut connections that are silent for longer. */
const HEARTBEAT_MS = 15_000;

/** Between two looks at the gateway's health, in milliseconds. */
const HEALTH_MS = 5_000;

/** Clients choose the names of tools and methods; longer ones are cut. */
const MAX_NAME_LENGTH = 256;

export interface FeedOptions {
  readonly clock: Clock;
  readonly invalidations: Pick<Invalidations, 'onInvalidation'>;
  readonly servers: Pick<LiveServers, 'onChange'>;
  /** Checks the gateway's health; resolves within a bounded time and never rejects. */
  readonly checkHealth: () => Promise<SystemHealth>;
  /** (Default: 15_000) */
  readonly heartbeatMs?: number;
}

/** The live event feed of this gateway, which any number of readers observe. */
export interface Feed extends Disposable {
  /** Calls, changes and errors, gathered for some milliseconds. Costs nothing while no reader observes it. */
  readonly events: Observable<readonly FeedItem[]>;
  readonly heartbeats: Observable<unknown>;
  /** The gateway's health: the last known one at once, then one every 5 s. */
  readonly health: Observable<readonly FeedItem[]>;
  /** Delivers at once what is gathered. */
  flush(): void;
  readonly onCall: CallObserver;
  /** Publishes an event, while anybody reads. */
  publish(event: UnnumberedEvent): void;
  /** Gives an event for one reader its id and time. */
  createItem(event: UnnumberedEvent): FeedItem;
}

/** Makes the feed. Disposing of it stops its timers; the register ends the readers' streams. */
export function createFeed(options: FeedOptions): Feed {
  const { clock, invalidations, servers, checkHealth, heartbeatMs = HEARTBEAT_MS } = options;
  const events = new Subject<readonly FeedItem[]>();
  const start = randomUUID().slice(0, 8);
  let count = 0;
  let gathered: FeedItem[] = [];
  let timer: NodeJS.Timeout | undefined;

  function createItem(event: UnnumberedEvent): FeedItem {
    count += 1;
    return new FeedItem({ id: `${start}-${count}`, at: isoTime(clock()), ...event });
  }

  function publish(event: UnnumberedEvent): void {
    gathered.push(createItem(event));
    if (gathered.length >= MAX_GATHERED) deliver();
    else timer ??= setTimeout(deliver, GATHER_MS);
  }

  function deliver(): void {
    clearTimeout(timer);
    timer = undefined;
    const items = gathered;
    gathered = [];
    events.next(items);
  }

  const reachability = createReachability((server, reason) => {
    if (!events.observed) return;
    if (reason === 'answered') publish({ type: 'mcp_server_started', server, data: { reason: 'answered' } });
    else publish({ type: 'mcp_server_stopped', server, data: { reason } });
  });

  const stopServers = servers.onChange((name, server) => {
    reachability.forget(name, server === undefined ? 'removed' : server.enabled ? 'changed' : 'disabled');
  });
  const stopInvalidations = invalidations.onInvalidation((change) => {
    if (!events.observed) return;
    if ('all' in change) {
      publish({ type: 'gap', dropped: 0, data: { reason: 'changes-unknown' } });
      return;
    }
    for (const event of changeEvents(change)) publish(event);
  });

  function onCall(call: CallEvent): void {
    reachability.note(call);
    // A key is not to learn that there is such a server.
    if (!events.observed || call.outcome === SERVER_NOT_GRANTED) return;
    const { server, keyId: key } = call;
    const method = shorten(call.method);
    const kind = errorKindOf(call);
    const ended = {
      outcome: call.outcome,
      ...(kind !== undefined && { error: kind }),
      status: call.status,
      duration_ms: call.durationMs,
      bytes_in: call.bytesIn,
      bytes_out: call.bytesOut,
    };
    if (call.tool === undefined) publish({ type: 'mcp_message', server, key, data: { method, ...ended } });
    else publish({ type: 'mcp_tool_executed', server, key, data: { tool: shorten(call.tool), ...ended } });
    if (kind === undefined) return;
    const tool = call.tool === undefined ? {} : { tool: shorten(call.tool) };
    publish({ type: 'error', server, key, data: { code: failureCode(call), kind, method, ...tool } });
  }

  return {
    events,
    heartbeats: interval(heartbeatMs).pipe(share()),
    health: everySoOften(0, HEALTH_MS).pipe(
      exhaustMap(async () => [createItem({ type: 'system_health', data: await checkHealth() })]),
      shareReplay({ bufferSize: 1, refCount: true }),
    ),
    flush: deliver,
    onCall,
    publish(event) {
      if (events.observed) publish(event);
    },
    createItem,
    [Symbol.dispose]() {
      stopServers();
      stopInvalidations();
      clearTimeout(timer);
    },
  };
}

function shorten(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1)}…`;
}
