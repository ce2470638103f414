import type { Clock } from '../clock.ts';
import { Unavailable, type AppError } from '../errors.ts';
import type { LiveServer } from '../auth/liveServer.ts';

/** What the register has to know of an exchange. */
export interface OpenExchange {
  readonly server: string;
  /** It counts against the server's limit of calls in flight; standing streams do not. */
  readonly counts: boolean;
  /** The URL it was sent to. */
  readonly url: string | undefined;
  /** Looks after time-outs, silence and slow clients. */
  tick(now: number): void;
  cut(reason: AppError): void;
  /** Ends a standing stream as the server itself would. Returns false for a call, which goes on. */
  endStanding(): boolean;
}

/** The exchanges under way in this process, by server, and the one timer that looks after them all. */
export interface OpenExchanges extends AsyncDisposable {
  /** @throws Unavailable when the server has as many calls in flight as it may */
  add(exchange: OpenExchange, server: LiveServer): void;
  delete(exchange: OpenExchange): void;
  /** Ends what goes to a server that was disabled, deleted, or moved to another URL. */
  serverChanged(name: string, server: LiveServer | undefined): void;
}

interface OfServer {
  readonly exchanges: Set<OpenExchange>;
  calls: number;
}

export function createOpenExchanges(options: { clock: Clock; sweepMs: number; drainMs: number }): OpenExchanges {
  const byServer = new Map<string, OfServer>();
  const timer = setInterval(() => {
    const now = options.clock();
    for (const { exchanges } of byServer.values()) {
      for (const exchange of exchanges) exchange.tick(now);
    }
  }, options.sweepMs);
  timer.unref();
  let open = 0;
  let whenEmpty: (() => void) | undefined;

  function* all(): Iterable<OpenExchange> {
    for (const { exchanges } of byServer.values()) yield* [...exchanges];
  }

  async function isEmptyWithin(ms: number): Promise<void> {
    if (open === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    whenEmpty = () => {
      resolve(undefined);
    };
    const bound = setTimeout(whenEmpty, ms);
    await promise;
    clearTimeout(bound);
  }

  return {
    add(exchange, server) {
      let ofServer = byServer.get(exchange.server);
      if (ofServer === undefined) {
        ofServer = { exchanges: new Set(), calls: 0 };
        byServer.set(exchange.server, ofServer);
      }
      if (exchange.counts) {
        const { maxInFlight } = server.limits;
        if (ofServer.calls >= maxInFlight) {
          const message = `The server "${server.name}" has ${String(maxInFlight)} calls in flight, as many as it may.`;
          throw new Unavailable('server-busy', message, { data: { maxInFlight } });
        }
        ofServer.calls++;
      }
      ofServer.exchanges.add(exchange);
      open++;
    },
    delete(exchange) {
      const ofServer = byServer.get(exchange.server);
      if (ofServer?.exchanges.delete(exchange) !== true) return;
      if (exchange.counts) ofServer.calls--;
      if (--open === 0) whenEmpty?.();
    },
    serverChanged(name, server) {
      for (const exchange of [...(byServer.get(name)?.exchanges ?? [])]) {
        if (server === undefined) exchange.cut(new Unavailable('server-deleted', `The server "${name}" was deleted.`));
        else if (!server.enabled)
          exchange.cut(new Unavailable('server-disabled', `The server "${name}" was disabled.`));
        else if (server.url?.href !== exchange.url) {
          exchange.cut(new Unavailable('server-changed', `The server "${name}" was moved to another URL.`));
        }
      }
      if (server === undefined && byServer.get(name)?.exchanges.size === 0) byServer.delete(name);
    },
    async [Symbol.asyncDispose]() {
      for (const exchange of all()) exchange.endStanding();
      await isEmptyWithin(options.drainMs);
      for (const exchange of all()) exchange.cut(new Unavailable('gateway-stopping', 'The gateway is stopping.'));
      await isEmptyWithin(1_000);
      clearInterval(timer);
    },
  };
}
