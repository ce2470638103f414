import { setTimeout as delay } from 'node:timers/promises';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { isoTime, systemClock } from '../../src/clock.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { changeEvents } from '../../src/feed/changeEvents.ts';
import { feedEventSchema, type FeedEvent } from '../../src/feed/feedEvent.ts';
import { openConnection } from '../../src/postgres/connection.ts';
import {
  INVALIDATION_CHANNEL,
  parseInvalidation,
  type Invalidation,
} from '../../src/projections/tables/invalidation.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { createGatewayFetch } from '../../src/tls/gatewayFetch.ts';
import { gatewayUrl } from './gatewayUrl.ts';

/** Where the following events come from: the feed of a gateway, or only the invalidations of the database. */
export interface ActivitySource {
  readonly type: 'activity_source';
  readonly at: string;
  readonly data: { readonly source: 'gateway' | 'database'; readonly url: string };
}

export type ActivityEvent = FeedEvent | ActivitySource;

export interface ActivityOptions {
  readonly stores: Pick<Stores, 'db' | 'tokenSecrets'>;
  readonly settings: Pick<Settings, 'host' | 'port' | 'tls'>;
  readonly signal: AbortSignal;
  /** How often a gateway that did not answer is tried again. (Default: 2_000) */
  readonly retryMs?: number;
}

/** A gateway sends a heartbeat every 15 s: one that misses three is gone. */
const SILENCE_MS = 45_000;

/** Invalidations that wait for a slow reader; beyond that they become one gap. */
const MAX_CHANGES = 1_000;

/**
 * Follows what happens, until the signal aborts: the live feed of the configured gateway, and while that does not answer,
 * the changes of keys and servers from the database. The first event names the source, and so does each change of it. Never throws.
 * docs/adr/0012.
 */
export async function* openActivity(options: ActivityOptions): AsyncGenerator<ActivityEvent, void> {
  const { stores, settings, signal, retryMs = 2_000 } = options;
  const tokens = createSystemTokens({ secrets: stores.tokenSecrets, clock: systemClock });
  const url = gatewayUrl(settings);
  let count = 0;
  const stamp = () => ({ id: `database-${(count += 1)}`, at: isoTime(systemClock()) });
  const source = (from: 'gateway' | 'database'): ActivitySource => ({
    type: 'activity_source',
    at: isoTime(systemClock()),
    data: { source: from, url },
  });

  async function connect(): Promise<Connected | undefined> {
    const cancel = new AbortController();
    const onAbort = () => cancel.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    const silence = setTimeout(onAbort, SILENCE_MS);
    const end = (): void => {
      clearTimeout(silence);
      signal.removeEventListener('abort', onAbort);
      cancel.abort();
    };
    try {
      const headers = { authorization: `Bearer ${await tokens.issue()}` };
      const answer = await createGatewayFetch(settings.tls)(`${url}/api/v1/events?include_system=true`, {
        headers,
        signal: cancel.signal,
      });
      if (answer.status === 200 && answer.body !== null)
        return { body: answer.body, onData: () => silence.refresh(), end };
    } catch {
      // There is no gateway, or it works on other stores.
    }
    end();
    return undefined;
  }

  async function* changesUntilGateway(): AsyncGenerator<ActivityEvent, Connected | undefined> {
    let changes: Invalidation[] = [];
    let wake = Promise.withResolvers<undefined>();
    const connection = await openConnection({
      url: stores.db.url,
      applicationName: 'metamcp-cli activity',
      onNotification(payload) {
        const change = parseInvalidation(payload);
        if ('ask' in change) return;
        changes = changes.length < MAX_CHANGES ? [...changes, change] : [{ all: true }];
        wake.resolve(undefined);
      },
    }).catch(() => undefined);
    try {
      await connection?.listen(INVALIDATION_CHANNEL).catch(() => undefined);
      yield source('database');
      for (let triedAt = performance.now(); !signal.aborted;) {
        const rest = Math.max(0, retryMs - (performance.now() - triedAt));
        await Promise.race([wake.promise, pause(rest, signal)]);
        wake = Promise.withResolvers<undefined>();
        const waiting = changes;
        changes = [];
        for (const change of waiting) yield* eventsOf(change, stamp);
        if (performance.now() - triedAt < retryMs) continue;
        const connected = await connect();
        if (connected !== undefined || connection?.open !== true) return connected;
        triedAt = performance.now();
      }
      return undefined;
    } finally {
      connection?.destroy();
    }
  }

  let connected = await connect();
  while (!signal.aborted) {
    if (connected === undefined) {
      connected = yield* changesUntilGateway();
      continue;
    }
    yield source('gateway');
    yield* eventsIn(connected);
    connected = await connect();
  }
  connected?.end();
}

interface Connected {
  readonly body: ReadableStream<Uint8Array>;
  readonly onData: () => void;
  readonly end: () => void;
}

async function* eventsIn({ body, onData, end }: Connected): AsyncGenerator<FeedEvent> {
  let rest = '';
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      onData();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        // A newer gateway may send types that are not known here.
        const { data: event } = feedEventSchema.safeParse(JSON.parse(line));
        if (event !== undefined && event.type !== 'heartbeat') yield event;
      }
    }
  } catch {
    // It broke off: the next event names the source of those that follow.
  } finally {
    end();
  }
}

function* eventsOf(change: Invalidation, stamp: () => { id: string; at: string }): Generator<FeedEvent> {
  if ('all' in change) {
    yield { ...stamp(), type: 'gap', dropped: 0, data: { reason: 'changes-unknown' } };
    return;
  }
  for (const event of changeEvents(change)) yield { ...stamp(), ...event };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
