import { LRUCache } from 'lru-cache';
import type { CallEvent } from '../calls/callEvent.ts';
import { ERROR_KINDS, errorKindOf, type ErrorKind } from '../usage/errorKind.ts';
import { eraLabel, methodLabel, OTHER, statusClass, statusLabel } from './callLabels.ts';
import { Distribution, LONG_SECONDS, SHORT_SECONDS } from './distribution.ts';
import type { Metric, Series } from './metric.ts';

/** Servers that are remembered: far more than anybody configures. */
const CAPACITY = 10_000;

/**
 * Series of `metamcp_calls_total` of one server, beyond which a call counts as one of another method, and by the class of its status:
 * a server and its clients can make up some thousand combinations of what is known.
 */
const MAX_SERIES = 256;

type Era = ReturnType<typeof eraLabel>;

/** What was counted of one server. */
class ServerCounts {
  readonly #series = new Map<string, Record<Era, Map<string, number>>>();
  #size = 0;
  readonly failures: Record<ErrorKind, number> = { client: 0, timeout: 0, upstream: 0, cut: 0, answer: 0, refused: 0 };
  readonly durations = new Distribution(LONG_SECONDS);
  readonly own = new Distribution(SHORT_SECONDS);
  bytesIn = 0;
  bytesOut = 0;

  count(event: CallEvent): void {
    const era = eraLabel(event);
    const method = methodLabel(event);
    const status = statusLabel(event.status);
    const known = this.#series.get(method)?.[era].get(status);
    if (known !== undefined) this.#set(method, era, status, known + 1);
    else if (this.#size < MAX_SERIES) this.#begin(method, era, status);
    else this.#begin(OTHER, era, statusClass(event.status));
    this.bytesIn += event.bytesIn;
    this.bytesOut += event.bytesOut;
    const kind = errorKindOf(event);
    if (kind !== undefined) this.failures[kind] += 1;
    // As of usage: a standing stream has no latency, nor has what did not reach its server.
    if (event.standing || event.answeredHere) return;
    this.durations.observe(event.durationMs / 1_000);
    if (event.ownMs !== undefined) this.own.observe(event.ownMs / 1_000);
  }

  *calls(server: string): Generator<Series> {
    for (const [method, eras] of this.#series) {
      for (const [era, statuses] of Object.entries(eras)) {
        for (const [status, value] of statuses) yield { values: [server, method, era, status], value };
      }
    }
  }

  #begin(method: string, era: Era, status: string): void {
    const eras = this.#series.get(method);
    if (eras === undefined) this.#series.set(method, { modern: new Map(), legacy: new Map(), none: new Map() });
    const count = eras?.[era].get(status) ?? 0;
    if (count === 0) this.#size += 1;
    this.#set(method, era, status, count + 1);
  }

  #set(method: string, era: Era, status: string, count: number): void {
    this.#series.get(method)?.[era].set(status, count);
  }
}

/** Counts the calls of each server, as they end. */
export class CallCounts {
  readonly #servers = new LRUCache<string, ServerCounts>({ max: CAPACITY });

  /** Counts a call that has ended; an observer of calls. */
  count(event: CallEvent): void {
    let counts = this.#servers.get(event.server);
    if (counts === undefined) this.#servers.set(event.server, (counts = new ServerCounts()));
    counts.count(event);
  }

  /** Forgets a server that was removed. */
  forget(server: string): void {
    this.#servers.delete(server);
  }

  /** @param registered the names of the servers that there are; undefined: nobody knows now. A call that was cut ends after its server */
  metrics(registered: () => ReadonlySet<string> | undefined): readonly Metric[] {
    const servers = this.#servers;
    function* each(seriesOf: (counts: ServerCounts, server: string) => Iterable<Series>): Generator<Series> {
      const names = registered();
      for (const [server, counts] of servers.entries()) {
        if (names?.has(server) !== false) yield* seriesOf(counts, server);
      }
    }
    return [
      {
        name: 'metamcp_calls_total',
        type: 'counter',
        help: 'Calls that have ended, whatever carried them.',
        labels: ['server', 'method', 'era', 'status'],
        series: () => each((counts, server) => counts.calls(server)),
      },
      {
        name: 'metamcp_call_failures_total',
        type: 'counter',
        help: 'Calls that have failed, by the kind of failure.',
        labels: ['server', 'kind'],
        series: () =>
          each(({ failures }, server) =>
            ERROR_KINDS.map((kind) => ({ values: [server, kind], value: failures[kind] })),
          ),
      },
      {
        name: 'metamcp_call_duration_seconds',
        type: 'histogram',
        help: 'How long calls took, from their admission until their clients had the answers. Without standing streams, and without what the gateway answered in the place of the server.',
        labels: ['server'],
        series: () => each(({ durations }, server) => [{ values: [server], value: durations }]),
      },
      {
        name: 'metamcp_call_own_seconds',
        type: 'histogram',
        help: 'What of the duration of calls the gateway took itself: from the last byte of the message on, without the waits for the server and the client. Of calls at /mcp/{server}, and of those at /mcp that pass as bytes.',
        labels: ['server'],
        series: () => each(({ own }, server) => [{ values: [server], value: own }]),
      },
      {
        name: 'metamcp_call_bytes_total',
        type: 'counter',
        help: 'Bytes of the bodies of calls: in, from clients; out, to them.',
        labels: ['server', 'direction'],
        series: () =>
          each(({ bytesIn, bytesOut }, server) => [
            { values: [server, 'in'], value: bytesIn },
            { values: [server, 'out'], value: bytesOut },
          ]),
      },
    ];
  }
}
