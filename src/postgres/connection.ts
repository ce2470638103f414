import { Socket } from 'node:net';
import { Client } from './client.ts';
import type { Queryable } from './database.ts';
import { pg } from './driver.ts';
import { fromPg } from './foreignError.ts';
import { applySettings } from './sessionSettings.ts';

export interface ConnectionOptions {
  readonly url: string;
  /** Shown in pg_stat_activity; 63 bytes at most. */
  readonly applicationName: string;
  /** How long the server lets a statement wait for a lock. (Default: no bound) */
  readonly lockTimeoutMs?: number;
  /** How long the server lets a statement run. (Default: no bound) */
  readonly statementTimeoutMs?: number;
  /** (Default: 5_000) */
  readonly connectTimeoutMs?: number;
  /** Called with the payload of each notification on a channel that it listens to. */
  readonly onNotification?: (payload: string) => void;
}

/** One connection of its own, outside the pool: for LISTEN, and where it matters whether a statement was sent. */
export interface Connection extends Queryable, AsyncDisposable {
  /** False once it is lost or closed; statements then throw Unavailable. */
  readonly open: boolean;
  /** Resolves when it is lost or closed. */
  readonly closed: Promise<unknown>;
  /** Starts to hear a channel. @throws Unavailable */
  listen(channel: string): Promise<void>;
  /** Drops the connection at once; statements under way throw Unavailable. The server may still finish them. */
  destroy(): void;
}

/** Connects. @throws Unavailable */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  // A socket of our own: pg's `end` waits for the other side, which may be gone.
  const socket = new Socket();
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const client = makeClient({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    stream: () => socket,
  });
  let open = true;
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<undefined>();
  socket.once('close', () => {
    open = false;
    onClosed(undefined);
  });
  // `closed` and the statement under way say the same; an error without a listener would end the process.
  client.on('error', () => {
    open = false;
  });
  client.on('notification', ({ payload }) => options.onNotification?.(payload ?? ''));

  // pg 9 will take one statement at a time; those that share this connection wait for one another here.
  let previous: Promise<unknown> = Promise.resolve();
  async function run<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const result = previous.then(() => client.query<Row>({ text, values: [...values] }));
    previous = result.catch(() => undefined);
    try {
      return (await result).rows;
    } catch (error) {
      throw fromPg(error);
    }
  }

  try {
    await client.connect();
    // A transaction that its program has forgotten must not hold locks for ever.
    await applySettings(client, { ...options, idleInTransactionTimeoutMs: 10_000 }, connectTimeoutMs);
  } catch (error) {
    socket.destroy();
    throw fromPg(error);
  }
  return {
    get open() {
      return open;
    },
    closed,
    query: ({ text, values }) => run(text, values),
    async listen(channel) {
      await run(`listen ${pg.escapeIdentifier(channel)}`, []);
    },
    destroy() {
      open = false;
      socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      open = false;
      // Ends the session properly, so that the server logs no lost connection, but waits for no answer.
      const ended = client.end();
      socket.destroySoon();
      await Promise.race([ended, closed]);
    },
  };
}

/** pg reads the files that a URL names as soon as it has the URL. */
function makeClient(config: pg.ClientConfig): Client {
  try {
    return new Client(config);
  } catch (error) {
    throw fromPg(error);
  }
}
