import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { merge, Subscription, type Observable } from 'rxjs';
import { z } from 'zod';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { RunningCall } from '../calls/runningCall.ts';
import { Limited } from '../errors/appError.ts';
import { serverNameSchema } from '../events/mcpServer.ts';
import type { Feed } from '../feed/feed.ts';
import { FEED_TYPES, type FeedType } from '../feed/feedEvent.ts';
import { shows, type FeedFilter, type Viewer } from '../feed/feedFilter.ts';
import type { FeedFormat, FeedItem } from '../feed/feedItem.ts';
import { FeedReader } from '../feed/feedReader.ts';
import { validateQuery, type Answer, type Route } from './route.ts';

/** Feeds that are open at once, in all and for one key. Each may hold half a megabyte. */
const MAX_FEEDS = 200;
const MAX_FEEDS_OF_KEY = 20;

const querySchema = z.object({
  types: z.array(z.enum(FEED_TYPES)).max(FEED_TYPES.length),
  server: serverNameSchema.optional(),
  include_system: z.enum(['true', 'false']).optional(),
});

export interface EventRoutesOptions {
  readonly feed: Feed;
  readonly register: CallRegister;
  /** Accepts tokens of metamcp-cli, too. */
  readonly authenticate: Authenticate;
}

/** Makes the routes of the live event feed. */
export function eventRoutes({ feed, register, authenticate }: EventRoutesOptions): Route[] {
  /** Open feeds, by the key's id. */
  const open = new Map<string, number>();

  function admit({ keyId }: Principal): void {
    const all = [...open.values()].reduce((sum, count) => sum + count, 0);
    if (all >= MAX_FEEDS || (open.get(keyId) ?? 0) >= MAX_FEEDS_OF_KEY) {
      throw new Limited('too-many-feeds', 'Too many feeds are open. Close one first.', {
        data: { max_feeds: MAX_FEEDS, max_feeds_of_key: MAX_FEEDS_OF_KEY },
      });
    }
  }

  function count(keyId: string, change: 1 | -1): void {
    const now = (open.get(keyId) ?? 0) + change;
    if (now === 0) open.delete(keyId);
    else open.set(keyId, now);
  }

  /** Makes the answer: a feed that lasts until one side ends it. */
  function answerWith(
    headers: IncomingHttpHeaders,
    principal: Principal,
    items: Observable<readonly FeedItem[]>,
    filter: FeedFilter,
  ): Answer {
    const format: FeedFormat = /\btext\/event-stream\b/i.test(headers.accept ?? '') ? 'sse' : 'ndjson';
    return {
      headers: {
        'content-type': format === 'sse' ? 'text/event-stream' : 'application/x-ndjson',
        // Intermediaries must neither store nor compress it, nor wait for more before they forward an event.
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
      open(res) {
        admit(principal);
        const viewer = {
          keyId: principal.keyId,
          seesAll: principal.scopes.has('events:read'),
          grants: principal.grants,
        };
        const reader = new FeedReader({ res, format, feed, shows: ({ event }) => shows(event, filter, viewer) });
        const end = register.open(callOf(principal, viewer, reader, feed));
        count(principal.keyId, 1);
        // First of all: the health may follow at once.
        begin(res, reader);
        const following = follow(items, reader, feed);
        const stop = (): void => {
          following.unsubscribe();
          end();
          count(principal.keyId, -1);
        };
        if (res.destroyed) stop();
        else res.once('close', stop);
      },
    };
  }

  return [
    /**
     * @openapi
     * /api/v1/events:
     *   get:
     *     operationId: followEvents
     *     tags: [events]
     *     summary: Follows the live event feed
     *     description: >-
     *       Scope `mcp` or `events:read`. One answer without an end of its own: an event on each line (newline-delimited JSON), or with
     *       `Accept: text/event-stream` an event stream. A key sees its own traffic, changes of itself, and what happens to
     *       servers that it may use; with `events:read` it sees everything. The traffic is that of the gateway that
     *       answers; changes of keys and servers are those of all gateways. Up to 1,000 events or 256 KiB wait for a slow reader;
     *       events beyond that are dropped, and a `gap` gives their number. A reconnect resumes nothing. The feed of a
     *       key that is revoked ends with an `error`.
     *     parameters:
     *       - name: types
     *         in: query
     *         description: Only these types, separated by commas; `gap`, `heartbeat` and the reason of an end come in any case
     *         explode: false
     *         schema:
     *           type: array
     *           items:
     *             type: string
     *             enum: [mcp_server_started, mcp_server_stopped, mcp_server_circuit, mcp_server_process, mcp_server_log, mcp_tool_executed, mcp_message, system_health, key_changed, key_expires, key_refused, role_changed, server_changed, error]
     *       - name: server
     *         in: query
     *         description: Only what happens to or on this server
     *         schema: { type: string, maxLength: 32 }
     *       - name: include_system
     *         in: query
     *         description: Whether `system_health` is sent, too, every 5 seconds; the same as to name it in `types`
     *         schema: { type: boolean, default: false }
     *     responses:
     *       200: { $ref: '#/components/responses/Feed' }
     */
    {
      method: 'get',
      path: '/api/v1/events',
      access: ['mcp', 'events:read'],
      query: { types: 'several', server: 'one', include_system: 'one' },
      authenticate,
      handle({ query, headers }, principal) {
        const options = validateQuery(querySchema, {
          types: query.getAll('types').flatMap((text) => text.split(',')),
          server: query.get('server') ?? undefined,
          include_system: query.get('include_system') ?? undefined,
        });
        const types = options.types.length === 0 ? undefined : new Set<FeedType>(options.types);
        const withHealth = options.include_system === 'true' || types?.has('system_health') === true;
        const items = withHealth ? merge(feed.events, feed.health) : feed.events;
        return Promise.resolve(answerWith(headers, principal, items, { types, server: options.server }));
      },
    },
    /**
     * @openapi
     * /api/v1/events/health:
     *   get:
     *     operationId: followHealth
     *     tags: [events]
     *     summary: Follows the gateway's health, every 5 seconds
     *     description: Scope `mcp` or `events:read`. One answer without an end of its own, as that of `/api/v1/events`.
     *     responses:
     *       200: { $ref: '#/components/responses/Feed' }
     */
    {
      method: 'get',
      path: '/api/v1/events/health',
      access: ['mcp', 'events:read'],
      authenticate,
      handle({ headers }, principal) {
        const filter: FeedFilter = { types: new Set(['system_health']), server: undefined };
        return Promise.resolve(answerWith(headers, principal, feed.health, filter));
      },
    },
  ];
}

/** The feed as a running call: it lasts as long as its key is valid and has the scope that it began with; grants follow the key. */
function callOf(
  principal: Principal,
  viewer: { -readonly [K in keyof Viewer]: Viewer[K] },
  reader: FeedReader,
  feed: Feed,
): RunningCall {
  return {
    principal,
    server: undefined,
    tools: [],
    onlyTools: false,
    standing: true,
    requests: 1,
    allows({ scopes, grants }) {
      viewer.grants = grants;
      return scopes.has(viewer.seesAll ? 'events:read' : 'mcp');
    },
    cut(reason) {
      // The events before the cut come before its reason: when the gateway stops, the ends of the last calls.
      feed.flush();
      reader.end(reason);
    },
  };
}

function follow(items: Observable<readonly FeedItem[]>, reader: FeedReader, feed: Feed): Subscription {
  const following = new Subscription();
  following.add(items.subscribe((events) => reader.offer(events)));
  following.add(feed.heartbeats.subscribe(() => reader.writeHeartbeat()));
  return following;
}

/** Sends the head and a first event: some reverse proxies hold a head back until a part of the body follows. */
function begin(res: ServerResponse, reader: FeedReader): void {
  res.flushHeaders();
  reader.writeHeartbeat();
}
