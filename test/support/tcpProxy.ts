import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A network between a client and a server that fails on demand. */
export interface TcpProxy extends AsyncDisposable {
  /** The server's url, by way of the proxy. */
  readonly url: string;
  /** False from `stop` to `start`. */
  readonly listening: boolean;
  /** Has new connections lead to another server. */
  leadTo(url: string): void;
  /** Holds back what the server says; what the client says arrives. */
  mute(): void;
  /** Holds back what the client says; what the server says arrives. */
  deafen(): void;
  /** Holds back both directions, without closing anything: a host that went away. */
  freeze(): void;
  /** Freezes the present connections for good; new ones work. */
  strand(): void;
  /** Lets everything through again. */
  thaw(): void;
  /** Cuts every connection. */
  cut(): void;
  /** Refuses new connections and cuts the present ones: a server that is down. */
  stop(): Promise<void>;
  /** Accepts connections again, at the same port. */
  start(): Promise<void>;
}

/** Starts a proxy on a free port in front of the server that `url` names. */
export async function openTcpProxy(url: string): Promise<TcpProxy> {
  let address = addressOf(url);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const stranded = new WeakSet<object>();
  let held = { requests: false, replies: false };

  function hold(next: typeof held): void {
    held = next;
    for (const { client, server } of [...pairs].filter((pair) => !stranded.has(pair))) {
      client[held.requests ? 'pause' : 'resume']();
      server[held.replies ? 'pause' : 'resume']();
    }
  }

  function isHeld(pair: object, direction: 'requests' | 'replies'): boolean {
    return held[direction] || stranded.has(pair);
  }

  const listener = createServer((client) => {
    const server = connect(address);
    const pair = { client, server };
    pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => {
        if (to.write(bytes)) return;
        // A slow reader slows the writer down, as without a proxy in between.
        from.pause();
        to.once('drain', () => {
          if (!isHeld(pair, from === client ? 'requests' : 'replies')) from.resume();
        });
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    hold(held);
  });

  function cut(): void {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  }

  async function listen(port: number): Promise<number> {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  }

  async function stop(): Promise<void> {
    const closed = once(listener, 'close');
    listener.close();
    cut();
    await closed;
  }

  const port = await listen(0);
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${port}`;
  return {
    url: proxied.href,
    get listening() {
      return listener.listening;
    },
    leadTo(other) {
      address = addressOf(other);
    },
    mute: () => hold({ requests: false, replies: true }),
    deafen: () => hold({ requests: true, replies: false }),
    freeze: () => hold({ requests: true, replies: true }),
    strand() {
      hold({ requests: true, replies: true });
      for (const pair of pairs) stranded.add(pair);
      hold({ requests: false, replies: false });
    },
    thaw: () => hold({ requests: false, replies: false }),
    cut,
    stop,
    async start() {
      await listen(port);
    },
    async [Symbol.asyncDispose]() {
      if (listener.listening) await stop();
    },
  };
}

/** Where PostgreSQL is, by its URL. */
export function addressOf(url: string) {
  const { hostname, port } = new URL(url);
  const host = decodeURIComponent(hostname);
  // The folder of a Unix socket, as libpq writes it.
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port: Number(port) };
}
